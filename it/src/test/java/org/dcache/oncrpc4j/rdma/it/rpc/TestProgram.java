// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.rpc;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.security.AccessController;
import java.security.Principal;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.TransferQueue;
import javax.security.auth.Subject;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeNone;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcDispatchable;
import org.dcache.oncrpc4j.xdr.XdrInt;
import org.dcache.oncrpc4j.xdr.XdrOpaque;
import org.dcache.oncrpc4j.xdr.XdrString;
import org.dcache.oncrpc4j.xdr.XdrVoid;

/** What the tests call. */
final class TestProgram implements RpcDispatchable {

    static final OncRpcProgram PROGRAM = new OncRpcProgram(0x20049, 1);

    static final int NULL = 0;
    /** Returns the opaque it is given. */
    static final int ECHO = 1;
    /** Does not answer; the call waits in {@link #held} for somebody to do it. */
    static final int HOLD = 2;
    /** Returns the name of the thread it runs on. */
    static final int THREAD = 3;
    /** Returns the caller's credential, as text. */
    static final int CREDENTIAL = 4;
    /** Returns the principals of the Subject it runs as, as text. */
    static final int SUBJECT = 5;
    /** Returns as many bytes as it is asked for. */
    static final int FILL = 6;
    /** Throws a RuntimeException. */
    static final int FAIL = 7;
    /** Calls the caller back with the opaque it is given (procedure ECHO), and returns what that answers. */
    static final int CALL_BACK = 8;

    /** As ECHO, but works on it until somebody takes it out of {@link #worked}. */
    static final int WORK = 9;

    final BlockingQueue<RpcCall> held = new LinkedBlockingQueue<>();
    final TransferQueue<RpcCall> worked = new LinkedTransferQueue<>();

    @Override
    public void dispatchOncRpcCall(RpcCall call) throws IOException {
        switch (call.getProcedure()) {
            case NULL -> call.reply(XdrVoid.XDR_VOID);
            case ECHO -> call.reply(argument(call));
            case HOLD -> held.add(call);
            case WORK -> {
                XdrOpaque argument = argument(call);
                transfer(call);
                call.reply(argument);
            }
            case THREAD -> call.reply(new XdrString(Thread.currentThread().getName()));
            case CREDENTIAL -> call.reply(new XdrString(call.getCredential().toString()));
            case SUBJECT -> call.reply(new XdrString(String.valueOf(subject())));
            case FILL -> {
                XdrInt size = new XdrInt();
                call.retrieveCall(size);
                call.reply(new XdrOpaque(bytes(size.intValue())));
            }
            case FAIL -> throw new IllegalStateException("a defect of the program");
            case CALL_BACK -> {
                XdrOpaque argument = argument(call);
                XdrOpaque answer = new XdrOpaque();
                new RpcCall(PROGRAM.getNumber(), PROGRAM.getVersion(), new RpcAuthTypeNone(), call.getTransport().getPeerTransport())
                        .call(ECHO, argument, answer);
                call.reply(answer);
            }
            default -> call.failProcedureUnavailable();
        }
    }

    private void transfer(RpcCall call) throws InterruptedIOException {
        try {
            worked.transfer(call);
        } catch (InterruptedException e) {
            throw new InterruptedIOException("interrupted while somebody works on a call");
        }
    }

    private static XdrOpaque argument(RpcCall call) throws IOException {
        XdrOpaque bytes = new XdrOpaque();
        call.retrieveCall(bytes);
        return bytes;
    }

    /** Bytes that show where they belong. */
    static byte[] bytes(int size) {
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i++) {
            bytes[i] = (byte) (i * 31 + (i >> 8) + (i >> 16));
        }
        return bytes;
    }

    @SuppressWarnings("removal")
    private static Object subject() {
        Subject subject = Subject.getSubject(AccessController.getContext());
        return subject == null ? null : subject.getPrincipals().stream().map(Principal::getName).toList();
    }
}
