// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.demo.app;

import java.io.IOException;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcDispatchable;
import org.dcache.oncrpc4j.xdr.XdrAble;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;
import org.dcache.oncrpc4j.xdr.XdrInt;
import org.dcache.oncrpc4j.xdr.XdrVoid;

/** The program that is served: NULL, ECHO, WRITE and READ. No upper-layer binding knows it. Stateless; any thread. */
public final class DemoProgram implements RpcDispatchable {

    /** From the range for transient use (RFC 5531, section 8.3). */
    static final int PROGRAM = 0x40008166;
    static final int VERSION = 1;

    /** In front of each line that a JVM of the demo says to the tool: its JVM may write to standard output by itself. */
    public static final String MARK = "@demo ";

    public static final int NULL = 0;
    /** {@link Data} -> {@link Data}, the same. */
    public static final int ECHO = 1;
    /** {@link Data} -> int, the position of the first wrong byte or -1. */
    public static final int WRITE = 2;
    /** {@link Wanted} -> {@link Data}. */
    public static final int READ = 3;

    @Override
    public void dispatchOncRpcCall(RpcCall call) throws IOException {
        switch (call.getProcedure()) {
            case NULL -> call.reply(XdrVoid.XDR_VOID);
            case ECHO -> {
                Data data = new Data();
                call.retrieveCall(data);
                call.reply(data);
            }
            case WRITE -> {
                Data data = new Data();
                call.retrieveCall(data);
                if (outOfRange(data.length)) {
                    call.failRpcGarbage();
                    return;
                }
                call.reply(new XdrInt(KnownData.mismatch(data.call, data.length, data.bytes)));
            }
            case READ -> {
                Wanted wanted = new Wanted();
                call.retrieveCall(wanted);
                if (outOfRange(wanted.length)) {
                    call.failRpcGarbage();
                    return;
                }
                call.reply(new Data(wanted.call, wanted.length, KnownData.of(wanted.call, wanted.length)));
            }
            default -> call.failProcedureUnavailable();
        }
    }

    private static boolean outOfRange(int length) {
        return length < 0 || length > KnownData.MAX_LENGTH;
    }

    /** XDR: int call; int length; opaque bytes&lt;&gt;. The length is sent by itself, so that the opaque's own one is checked too. */
    static final class Data implements XdrAble {
        int call;
        int length;
        byte[] bytes;

        Data() {}

        Data(int call, int length, byte[] bytes) {
            this.call = call;
            this.length = length;
            this.bytes = bytes;
        }

        @Override
        public void xdrEncode(XdrEncodingStream xdr) {
            xdr.xdrEncodeInt(call);
            xdr.xdrEncodeInt(length);
            xdr.xdrEncodeDynamicOpaque(bytes);
        }

        @Override
        public void xdrDecode(XdrDecodingStream xdr) throws IOException {
            call = xdr.xdrDecodeInt();
            length = xdr.xdrDecodeInt();
            bytes = xdr.xdrDecodeDynamicOpaque();
        }
    }

    /** XDR: int call; int length. */
    static final class Wanted implements XdrAble {
        int call;
        int length;

        Wanted() {}

        Wanted(int call, int length) {
            this.call = call;
            this.length = length;
        }

        @Override
        public void xdrEncode(XdrEncodingStream xdr) {
            xdr.xdrEncodeInt(call);
            xdr.xdrEncodeInt(length);
        }

        @Override
        public void xdrDecode(XdrDecodingStream xdr) throws IOException {
            call = xdr.xdrDecodeInt();
            length = xdr.xdrDecodeInt();
        }
    }
}
