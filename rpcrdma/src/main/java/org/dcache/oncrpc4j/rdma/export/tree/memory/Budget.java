// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree.memory;

import java.util.concurrent.atomic.AtomicLong;
import org.dcache.oncrpc4j.rdma.export.tree.Nfs3Exception;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;

/** The memory that a {@link MemoryTree} may take, for data, files and names alike. Any thread. */
final class Budget {

    /** Taken for a file and for a name: more than their objects need, with the longest name. */
    static final int FILE = 1024;
    static final int NAME = 512;

    private final long total;
    private final AtomicLong left;

    /** @param total bytes */
    Budget(long total) {
        this.total = total;
        this.left = new AtomicLong(total);
    }

    /** @throws Nfs3Exception NOSPC if so much is not left */
    void take(long bytes) throws Nfs3Exception {
        if (left.addAndGet(-bytes) < 0) {
            left.addAndGet(bytes);
            throw new Nfs3Exception(NfsStat3.NFS3ERR_NOSPC, "the memory of the tree is used up: expected " + bytes
                    + " bytes to be left, got " + left());
        }
    }

    void giveBack(long bytes) {
        left.addAndGet(bytes);
    }

    long total() {
        return total;
    }

    /** Bytes. */
    long left() {
        return Math.max(0, left.get());
    }
}
