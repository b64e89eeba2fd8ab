// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

/** The tag of a call: it says which data the call has, and by one bit, which is not in the data, whether every byte is checked. */
final class Tags {

    /** Both sides compare every byte; used while warming up. */
    private static final long EVERY_BYTE = 1L << 63;

    /** The tag in a buffer that never changes ({@link Store#FIXED}); with a block's number added, that of a block. */
    static final long FIXED = 0x5AFE_DA7AL;

    /** How many blocks a file has. A power of two. */
    static final int BLOCKS = 8;

    private Tags() {}

    /** @param sequence differs from call to call */
    static long of(long sequence, boolean everyByte) {
        long tag = stamp(sequence);
        return everyByte ? tag | EVERY_BYTE : tag;
    }

    /** The tag of a file's block; numbers beyond the last block begin again. */
    static long ofBlock(long number, boolean everyByte) {
        return of(FIXED + (number & BLOCKS - 1), everyByte);
    }

    /** The number of the block that has this tag. */
    static int block(long tag) {
        return (int) (tag - FIXED) & BLOCKS - 1;
    }

    /** The tag as it is in the data. */
    static long stamp(long tag) {
        return tag & ~EVERY_BYTE;
    }

    static boolean everyByte(long tag) {
        return (tag & EVERY_BYTE) != 0;
    }
}
