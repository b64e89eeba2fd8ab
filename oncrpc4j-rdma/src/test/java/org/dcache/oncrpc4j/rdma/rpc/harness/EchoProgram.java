// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.harness;

import java.io.IOException;
import org.dcache.oncrpc4j.rpc.OncRpcException;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcDispatchable;
import org.dcache.oncrpc4j.xdr.XdrAble;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;
import org.dcache.oncrpc4j.xdr.XdrVoid;

/**
 * An ordinary program: 0 nothing, 1 gives back its opaque, 2 gives as many bytes as asked for, 3 takes an opaque and says how long it was.
 */
public class EchoProgram implements RpcDispatchable {

    public static final int PROGRAM = 0x20049777;
    public static final int VERSION = 1;
    public static final int ECHO = 1;
    public static final int READ = 2;
    public static final int WRITE = 3;

    @Override
    public void dispatchOncRpcCall(RpcCall call) throws OncRpcException, IOException {
        switch (call.getProcedure()) {
            case 0 -> call.reply(XdrVoid.XDR_VOID);
            case ECHO -> {
                Bytes bytes = new Bytes();
                call.retrieveCall(bytes);
                call.reply(bytes);
            }
            case READ -> {
                Int length = new Int();
                call.retrieveCall(length);
                call.reply(new Bytes(pattern(length.value)));
            }
            case WRITE -> {
                Bytes bytes = new Bytes();
                call.retrieveCall(bytes);
                call.reply(new Int(bytes.value.length));
            }
            default -> call.failProcedureUnavailable();
        }
    }

    public static byte[] pattern(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i * 17 ^ i >> 8);
        }
        return bytes;
    }

    /** opaque<> */
    public static final class Bytes implements XdrAble {
        public byte[] value;

        public Bytes() {}

        public Bytes(byte[] value) {
            this.value = value;
        }

        @Override
        public void xdrDecode(XdrDecodingStream xdr) throws IOException {
            value = xdr.xdrDecodeDynamicOpaque();
        }

        @Override
        public void xdrEncode(XdrEncodingStream xdr) {
            xdr.xdrEncodeDynamicOpaque(value);
        }
    }

    /** int */
    public static final class Int implements XdrAble {
        public int value;

        public Int() {}

        public Int(int value) {
            this.value = value;
        }

        @Override
        public void xdrDecode(XdrDecodingStream xdr) throws IOException {
            value = xdr.xdrDecodeInt();
        }

        @Override
        public void xdrEncode(XdrEncodingStream xdr) {
            xdr.xdrEncodeInt(value);
        }
    }
}
