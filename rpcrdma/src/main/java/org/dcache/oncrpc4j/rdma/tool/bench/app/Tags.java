// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

/** The tag of a call: which data it must carry, and by a bit of its own, which no data bears, how closely it is looked at. */
final class Tags {

    /** Both sides compare every byte; used while warming up. */
    private static final long EVERY_BYTE = 1L << 63;

    /** What a server that replies from one unchanging buffer puts into it. */
    static final long FIXED = 0x5AFE_DA7AL;

    /** How many blocks a file has. A power of two. */
    static final int BLOCKS = 8;

    private Tags() {}

    /** @param sequence differs from call to call */
    static long of(long sequence, boolean everyByte) {
        long tag = stamp(sequence);
        return everyByte ? tag | EVERY_BYTE : tag;
    }

    /** Of a file's block; any number is one. */
    static long ofBlock(long number, boolean everyByte) {
        return of(FIXED + (number & BLOCKS - 1), everyByte);
    }

    /** Which block the tag is of. */
    static int block(long tag) {
        return (int) (tag - FIXED) & BLOCKS - 1;
    }

    /** What the data bears. */
    static long stamp(long tag) {
        return tag & ~EVERY_BYTE;
    }

    static boolean everyByte(long tag) {
        return (tag & EVERY_BYTE) != 0;
    }
}
