// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.gss;

import java.nio.ByteBuffer;

/**
 * An RPC reply taken apart (RFC 5531, section 9).
 *
 * @param status what the server thinks of the call, as text: "SUCCESS", "accepted 4", "AUTH_ERROR 14"
 * @param flavor of the verifier; -1 of a reply that has none
 * @param verifier its body
 * @param results what is behind the status
 */
public record Answer(int xid, String status, int flavor, byte[] verifier, byte[] results) {

    public static final String SUCCESS = "SUCCESS";
    public static final String GARBAGE_ARGS = "accepted 4";
    public static final String SYSTEM_ERR = "accepted 5";
    public static final String BADCRED = "AUTH_ERROR 1";
    public static final String CTXPROBLEM = "AUTH_ERROR 14";

    private static final int REPLY = 1;
    private static final int AUTH_ERROR = 1;

    public static Answer of(byte[] reply) {
        ByteBuffer in = ByteBuffer.wrap(reply);
        int xid = in.getInt();
        if (in.getInt() != REPLY) {
            throw new AssertionError("not a reply");
        }
        if (in.getInt() != 0) {
            boolean auth = in.getInt() == AUTH_ERROR;
            return new Answer(xid, (auth ? "AUTH_ERROR " : "RPC_MISMATCH ") + in.getInt(), -1, new byte[0], new byte[0]);
        }
        int flavor = in.getInt();
        byte[] verifier = opaque(in);
        int status = in.getInt();
        byte[] results = new byte[in.remaining()];
        in.get(results);
        return new Answer(xid, status == 0 ? SUCCESS : "accepted " + status, flavor, verifier, results);
    }

    /** Takes an XDR opaque with its count word and pad. */
    static byte[] opaque(ByteBuffer in) {
        byte[] bytes = new byte[in.getInt()];
        in.get(bytes);
        in.position(in.position() + (-bytes.length & 3));
        return bytes;
    }
}
