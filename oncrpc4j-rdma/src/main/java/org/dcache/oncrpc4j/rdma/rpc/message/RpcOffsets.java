// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.message;

import org.dcache.oncrpc4j.rdma.proto.RpcWords;
import org.dcache.oncrpc4j.rdma.spi.XdrView;

/**
 * Where arguments and results start in an RPC message (RFC 5531, section 9), and whether its security flavor allows direct data placement:
 * what {@link RpcWords} cannot say, since it depends on lengths in the message.
 *
 * <pre>
 *  call:  xid | CALL | 2 | program | version | procedure | cred flavor | cred length | cred …
 *         | verf flavor | verf length | verf … | arguments
 *  reply: xid | REPLY | MSG_ACCEPTED | verf flavor | verf length | verf … | SUCCESS | results
 *  RPCSEC_GSS credential: version | procedure | sequence | service | handle…
 * </pre>
 */
public final class RpcOffsets {

    public static final int NONE = -1;

    private static final int RPCSEC_GSS = 6;
    private static final int GSS_PROC = RpcWords.CALL_CREDENTIAL + 12;
    private static final int GSS_SERVICE = RpcWords.CALL_CREDENTIAL + 20;
    /** First bytes of a call, which say whose it is and whether its data may be placed. */
    public static final int HEAD = GSS_SERVICE + Integer.BYTES;
    private static final int GSS_SERVICE_NONE = 1;

    private RpcOffsets() {}

    /** Offset behind the credential, without its pad; of a call whose credential has been decoded. */
    public static int endOfCredential(XdrView call) {
        return RpcWords.CALL_CREDENTIAL + 8 + call.getInt(RpcWords.CALL_CREDENTIAL + 4);
    }

    /** Offset of the arguments, or {@link #NONE} when the message ends before. */
    static int arguments(XdrView call) {
        int verifier = afterOpaque(call, RpcWords.CALL_CREDENTIAL + 4);
        return verifier == NONE ? NONE : afterOpaque(call, verifier + 4);
    }

    /** Offset of the results of an accepted and successful reply, or {@link #NONE}. */
    public static int results(XdrView reply) {
        if (reply.length() < RpcWords.REPLY_VERIFIER + 12 || reply.getInt(RpcWords.TYPE) != RpcWords.REPLY
                || reply.getInt(RpcWords.REPLY_STATUS) != RpcWords.ACCEPTED) {
            return NONE;
        }
        int status = afterOpaque(reply, RpcWords.REPLY_VERIFIER + 4);
        return status == NONE || status + 4 > reply.length() || reply.getInt(status) != 0 ? NONE : status + 4;
    }

    /** Offset behind an opaque whose count word is at {@code at}. */
    private static int afterOpaque(XdrView message, int at) {
        if (at + 4 > message.length()) {
            return NONE;
        }
        int length = message.getInt(at);
        if (length < 0 || length > message.length() - at - 4) {
            return NONE;
        }
        int end = at + 4 + (length + 3 & ~3);
        return end > message.length() ? NONE : end;
    }

    /** Whether the body may be moved in parts: not with RPCSEC_GSS integrity or privacy, nor for its control messages [46]. */
    static boolean placeable(XdrView call) {
        if (call.length() < RpcWords.CALL_CREDENTIAL + 4 || call.getInt(RpcWords.CALL_CREDENTIAL) != RPCSEC_GSS) {
            return true;
        }
        return call.length() >= GSS_SERVICE + 4 && call.getInt(GSS_PROC) == 0 && call.getInt(GSS_SERVICE) == GSS_SERVICE_NONE;
    }
}
