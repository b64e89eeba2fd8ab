// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.proto;

/**
 * What each side says of itself while the connection comes up (RFC 8797, 4). Immutable.
 *
 * <pre>
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +---------------------------------------------------------------+
 *   0 | magic = f6ab0e18                                              |
 *     +---------------+-------------+-+---------------+---------------+
 *   4 | version = 1   | reserved  |R| send size     | receive size  |
 *     +---------------+-------------+-+---------------+---------------+
 *       R: the sender of the block takes Send with Invalidate.  Size code: (bytes / 1024) - 1.
 * </pre>
 *
 * @param remoteInvalidation the sender of the block can take Send with Invalidate (bit 0 of the flags)
 * @param sendSize largest inline message that the sender of the block would send, bytes, a multiple of 1024 up to 262144
 * @param receiveSize largest inline message that it can receive, likewise
 */
public record PrivateData(boolean remoteInvalidation, int sendSize, int receiveSize) {

    /** First word of the block. */
    public static final int MAGIC = 0xf6ab0e18;
    /** Version of the block. */
    public static final int VERSION = 1;
    /** Length of the block, bytes. */
    public static final int LENGTH = 8;
    /** Inline threshold of a peer that says nothing, and the least there is, bytes (RFC 8166, 3.3.2). */
    public static final int DEFAULT_SIZE = 1024;
    /** Largest size that the block can express, bytes. */
    public static final int MAX_SIZE = 256 * 1024;
    /** What holds for a peer that sent no block, or one that we do not understand. */
    public static final PrivateData NONE = new PrivateData(false, DEFAULT_SIZE, DEFAULT_SIZE);

    private static final int FLAG_REMOTE_INVALIDATION = 0x01;
    private static final int MAGIC_OFFSET = 0;
    private static final int VERSION_OFFSET = 4;
    private static final int FLAGS_OFFSET = 5;
    private static final int SEND_SIZE_OFFSET = 6;
    private static final int RECEIVE_SIZE_OFFSET = 7;

    public PrivateData {
        checkSize(sendSize);
        checkSize(receiveSize);
    }

    /** The eight bytes of this block. */
    public byte[] encode() {
        byte[] block = new byte[LENGTH];
        for (int i = 0; i < 4; i++) {
            block[MAGIC_OFFSET + i] = (byte) (MAGIC >>> (24 - 8 * i));
        }
        block[VERSION_OFFSET] = VERSION;
        block[FLAGS_OFFSET] = (byte) (remoteInvalidation ? FLAG_REMOTE_INVALIDATION : 0);
        block[SEND_SIZE_OFFSET] = (byte) sizeCode(sendSize);
        block[RECEIVE_SIZE_OFFSET] = (byte) sizeCode(receiveSize);
        return block;
    }

    /**
     * Reads a peer's private data, from which the provider has taken its own part (on iWARP the IRD and ORD words). The block need not come
     * first: another protocol's data may precede it (RFC 8797, 5), so the first whole word that is the magic counts.
     *
     * @return {@link #NONE} when there is no block of a version that we know; never null
     */
    public static PrivateData decode(byte[] data) {
        for (int at = 0; at + LENGTH <= data.length; at += 4) {
            if (word(data, at + MAGIC_OFFSET) == MAGIC) {
                return (data[at + VERSION_OFFSET] & 0xff) == VERSION ? block(data, at) : NONE;
            }
        }
        return NONE;
    }

    /**
     * Inline threshold of one direction, bytes: what the sender would send and the receiver can take, at least 1024 (RFC 8797, 4).
     *
     * @param own our send size for what we send, our receive size for what we receive
     * @param peer the peer's receive size for what we send, its send size for what we receive
     */
    public static int threshold(int own, int peer) {
        return Math.max(DEFAULT_SIZE, Math.min(own, peer));
    }

    /** Largest message that {@code own} may send inline to {@code peer}, bytes. */
    public static int sendThreshold(PrivateData own, PrivateData peer) {
        return threshold(own.sendSize, peer.receiveSize);
    }

    /** Largest message that {@code own} may get inline from {@code peer}, bytes: receive buffers are that large. */
    public static int receiveThreshold(PrivateData own, PrivateData peer) {
        return threshold(own.receiveSize, peer.sendSize);
    }

    private static PrivateData block(byte[] data, int at) {
        return new PrivateData((data[at + FLAGS_OFFSET] & FLAG_REMOTE_INVALIDATION) != 0,
                size(data[at + SEND_SIZE_OFFSET]), size(data[at + RECEIVE_SIZE_OFFSET]));
    }

    private static int word(byte[] data, int at) {
        return (data[at] & 0xff) << 24 | (data[at + 1] & 0xff) << 16 | (data[at + 2] & 0xff) << 8 | data[at + 3] & 0xff;
    }

    private static int sizeCode(int size) {
        return (size >> 10) - 1;
    }

    private static int size(byte code) {
        return ((code & 0xff) + 1) << 10;
    }

    private static void checkSize(int size) {
        if (size < DEFAULT_SIZE || size > MAX_SIZE || size % 1024 != 0) {
            throw new IllegalArgumentException("inline size " + size + ": expected a multiple of 1024 from 1024 to 262144");
        }
    }
}
