// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.agent.hook;

/**
 * What bytecode woven into nfs4j calls about sizes. {@link #install} is called before any class of nfs4j is woven; the rest by any thread.
 */
public final class Nfs4jHook {

    private static volatile int transferSize = Integer.MAX_VALUE;

    private Nfs4jHook() {}

    /** @param bytes largest READ and WRITE, at least 1 */
    public static void install(int bytes) {
        transferSize = bytes;
    }

    /** The count of a READ as it came, an unsigned number, to the count that is served: a server may always return less. */
    public static int readCount(int count) {
        return Integer.compareUnsigned(count, transferSize) > 0 ? transferSize : count;
    }

    /** In place of a transfer size of 32 bits that nfs4j names. */
    public static int namedSize(int own) {
        return transferSize;
    }

    /** In place of a transfer size of 64 bits that nfs4j names: at most ours. */
    public static long atMost(long own) {
        return Math.min(own, transferSize);
    }
}
