// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.app.failures;

import java.io.IOException;
import java.nio.channels.CompletionHandler;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import org.dcache.oncrpc4j.rpc.OncRpcException;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.OncRpcSvc;
import org.dcache.oncrpc4j.rpc.OncRpcSvcBuilder;
import org.dcache.oncrpc4j.rpc.RpcAuthError;
import org.dcache.oncrpc4j.rpc.RpcAuthException;
import org.dcache.oncrpc4j.rpc.RpcAuthStat;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeNone;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcDispatchable;
import org.dcache.oncrpc4j.rpc.RpcReply;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;
import org.dcache.oncrpc4j.xdr.XdrInt;
import org.dcache.oncrpc4j.xdr.XdrOpaque;
import org.dcache.oncrpc4j.xdr.XdrVoid;

/**
 * A server and a client that is connected to it, and the program that the server serves: the procedure that is called says how it fails.
 * Whoever makes one closes it, which stops both. Any thread.
 */
final class Site implements AutoCloseable, RpcDispatchable {

    static final OncRpcProgram PROGRAM = new OncRpcProgram(0x20049, 1);
    static final int REPLY = 1;
    static final int HOLD = 2;
    static final int THROW = 3;
    static final int REJECT = 4;
    static final int CALL_BACK = 5;
    static final int CALL_BACK_AFTER_END = 6;
    static final int IO_FAILURE = 7;
    static final int ODD_VERSION = 8;
    static final int LARGE = 9;
    static final int THROW_ERROR = 10;
    static final int UNENCODABLE = 11;

    final BlockingQueue<RpcCall> held = new LinkedBlockingQueue<>();
    final BlockingQueue<Object> fromProgram = new LinkedBlockingQueue<>();
    final OncRpcSvc server;
    final OncRpcSvc client;
    final RpcTransport transport;

    Site(boolean clientServes) throws IOException {
        server = service("server").withRpcService(PROGRAM, this).build();
        server.start();
        OncRpcSvcBuilder builder = service("client").withClientMode();
        if (clientServes) {
            builder.withRpcService(PROGRAM, this);
        }
        client = builder.build();
        client.start();
        transport = client.connect(server.getInetSocketAddress(IpProtocolType.TCP));
    }

    Site() throws IOException {
        this(false);
    }

    RpcCall call() {
        return call(PROGRAM.getNumber(), 1);
    }

    RpcCall call(int program, int version) {
        return new RpcCall(program, version, new RpcAuthTypeNone(), transport);
    }

    @Override
    public void dispatchOncRpcCall(RpcCall call) throws OncRpcException, IOException {
        switch (call.getProcedure()) {
            case 0 -> call.reply(XdrVoid.XDR_VOID);
            case REPLY -> {
                XdrInt value = new XdrInt();
                call.retrieveCall(value);
                call.reply(value);
            }
            case HOLD -> held.add(call);
            case THROW -> throw new IllegalStateException("a defect of the program");
            case THROW_ERROR -> throw new AssertionError("a defect of the program");
            case UNENCODABLE -> call.reply(new ReplyFailures.BadArguments(false));
            case IO_FAILURE -> throw new IOException("a fault of the program");
            case REJECT -> throw new RpcAuthException("not you", new RpcAuthError(RpcAuthStat.AUTH_TOOWEAK));
            case LARGE -> call.reply(new XdrOpaque(new byte[3 << 20]));
            case ODD_VERSION -> call.failProgramMismatch(3, 4);
            case CALL_BACK, CALL_BACK_AFTER_END -> {
                RpcCall back = new RpcCall(PROGRAM.getNumber(), 1, new RpcAuthTypeNone(), call.getTransport().getPeerTransport());
                try {
                    if (call.getProcedure() == CALL_BACK_AFTER_END) {
                        while (call.getTransport().isOpen()) {
                            Thread.onSpinWait();
                        }
                    }
                    back.call(THROW, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
                    fromProgram.add("no exception");
                } catch (IOException | RuntimeException e) {
                    fromProgram.add(e);
                }
                call.reply(XdrVoid.XDR_VOID);
            }
            default -> call.failProcedureUnavailable();
        }
    }

    @Override
    public void close() throws IOException {
        client.stop();
        server.stop();
    }

    static OncRpcSvcBuilder service(String name) {
        return new OncRpcSvcBuilder().withServiceName(name).withTCP().withoutAutoPublish().withBindAddress("127.0.0.1")
                .withWorkerThreadIoStrategy();
    }

    /** Hears how a call ended, and says so to who waits for it. */
    static final class Heard implements CompletionHandler<RpcReply, RpcTransport> {
        final CompletableFuture<Throwable> first = new CompletableFuture<>();

        @Override
        public void completed(RpcReply reply, RpcTransport transport) {
            first.complete(null);
        }

        @Override
        public void failed(Throwable cause, RpcTransport transport) {
            first.complete(cause);
        }

        void rethrow() throws Throwable {
            Throwable cause = first.get();
            if (cause != null) {
                throw cause;
            }
        }
    }
}
