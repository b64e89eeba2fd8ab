// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

/** The tag of a call: which data it must carry and how closely it is looked at. */
final class Tags {

    /** Both sides compare every byte; used while warming up. */
    private static final long EVERY_BYTE = 1L << 63;

    /** What a server that replies from one unchanging buffer puts into it. */
    static final long FIXED = 0x5AFE_DA7AL;

    private Tags() {}

    /** @param sequence differs from call to call */
    static long of(long sequence, boolean everyByte) {
        long tag = sequence & ~EVERY_BYTE;
        return everyByte ? tag | EVERY_BYTE : tag;
    }

    static boolean everyByte(long tag) {
        return (tag & EVERY_BYTE) != 0;
    }
}
