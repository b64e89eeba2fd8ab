// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.gss;

import java.nio.ByteBuffer;

/**
 * An RPC call with a credential of RPCSEC_GSS version 1 (RFC 2203, section 5.1), byte by byte.
 *
 * <pre>
 *  xid | CALL | 2 | program | version | procedure | 6 | length | 1 | gss procedure | sequence | service | handle | verifier | body
 * </pre>
 */
final class GssMessage {

    static final int DATA = 0;
    static final int INIT = 1;
    static final int CONTINUE_INIT = 2;
    static final int DESTROY = 3;

    private static final int FLAVOR = 6;

    private GssMessage() {}

    /** What a verifier covers: up to the end of the credential. */
    static byte[] header(int xid, int program, int version, int procedure, int gssProcedure, int sequence, int service, byte[] handle) {
        ByteBuffer out = ByteBuffer.allocate(32 + 20 + padded(handle.length));
        out.putInt(xid).putInt(0).putInt(2).putInt(program).putInt(version).putInt(procedure);
        out.putInt(FLAVOR).putInt(20 + padded(handle.length)).putInt(1).putInt(gssProcedure).putInt(sequence).putInt(service);
        return out.putInt(handle.length).put(handle).array();
    }

    /** @param verifier null for AUTH_NONE */
    static byte[] message(byte[] header, byte[] verifier, byte[] body) {
        byte[] checksum = verifier == null ? new byte[0] : verifier;
        ByteBuffer out = ByteBuffer.allocate(header.length + 8 + padded(checksum.length) + body.length);
        out.put(header).putInt(verifier == null ? 0 : FLAVOR).put(opaque(checksum));
        return out.put(body).array();
    }

    /** An XDR opaque with its count word and pad. */
    static byte[] opaque(byte[] bytes) {
        return ByteBuffer.allocate(4 + padded(bytes.length)).putInt(bytes.length).put(bytes).array();
    }

    static byte[] word(int value) {
        return ByteBuffer.allocate(4).putInt(value).array();
    }

    static byte[] joined(byte[] first, byte[] second) {
        return ByteBuffer.allocate(first.length + second.length).put(first).put(second).array();
    }

    private static int padded(int length) {
        return length + 3 & ~3;
    }
}
