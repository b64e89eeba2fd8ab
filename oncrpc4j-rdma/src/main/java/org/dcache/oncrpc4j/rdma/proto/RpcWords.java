// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.proto;

import java.nio.ByteBuffer;

/**
 * The first words of an ONC RPC message (RFC 5531, 9), as far as the transport must read them: to tell the direction of a message (RFC
 * 8167, 4: by the message type, never by who opened the connection) and to compare XIDs.
 *
 * <pre>
 *      call                               reply
 *     +-------------------------------+  +-------------------------------+
 *   0 | xid                           |  | xid                           |
 *   4 | message type: CALL 0          |  | message type: REPLY 1         |
 *   8 | RPC version: 2                |  | reply status: accepted 0      |
 *  12 | program                       |  | verifier                      |
 *  16 | program version               |  |                               |
 *  20 | procedure                     |  |                               |
 *  24 | credential, verifier, args    |  | accept status, results        |
 *     +-------------------------------+  +-------------------------------+
 * </pre>
 *
 * <p>Indices are absolute, words big-endian whatever the buffer's order is. The caller has checked that the words are there.
 */
public final class RpcWords {

    /** Offset of the transaction id. */
    public static final int XID = 0;
    /** Offset of the message type, {@link #CALL} or {@link #REPLY}. */
    public static final int TYPE = 4;
    /** Bytes needed to read XID and message type. */
    public static final int DIRECTION_LENGTH = 8;

    /** Message type of a call. */
    public static final int CALL = 0;
    /** Message type of a reply. */
    public static final int REPLY = 1;

    /** Call: offset of the program number. */
    public static final int CALL_PROGRAM = 12;
    /** Call: offset of the program's version. */
    public static final int CALL_PROGRAM_VERSION = 16;
    /** Call: offset of the procedure number. */
    public static final int CALL_PROCEDURE = 20;
    /** Call: offset of the credential (flavor, length, body). */
    public static final int CALL_CREDENTIAL = 24;

    /** Reply: offset of the reply status, {@link #ACCEPTED} or {@link #DENIED}. */
    public static final int REPLY_STATUS = 8;
    /** Reply: offset of the verifier of an accepted reply (flavor, length, body). */
    public static final int REPLY_VERIFIER = 12;

    /** Reply status: accepted. */
    public static final int ACCEPTED = 0;
    /** Reply status: denied. */
    public static final int DENIED = 1;

    private RpcWords() {}

    /** XID of the RPC message that begins at {@code at}. */
    public static int xid(ByteBuffer message, int at) {
        return HeaderLayout.getInt(message, at + XID);
    }

    /** Message type of the RPC message that begins at {@code at}; hostile peers send others than {@link #CALL} and {@link #REPLY}. */
    public static int type(ByteBuffer message, int at) {
        return HeaderLayout.getInt(message, at + TYPE);
    }
}
