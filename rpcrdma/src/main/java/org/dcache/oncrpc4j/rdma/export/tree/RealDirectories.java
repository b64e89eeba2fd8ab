// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Paths of directories that were looked at a moment ago: no directory on the way was a symbolic link. Looking costs several times what a
 * READ costs. Forgotten after some milliseconds, and by our own RENAME and RMDIR, which alone move directories; whoever opens or changes a
 * file looks again. Bounded. Any thread.
 */
final class RealDirectories {

    private static final long GOOD_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final int MOST = 4096;

    private record Real(Path path, long since) {}

    private final Map<Long, Real> byInode = new ConcurrentHashMap<>();

    /** Null if nobody has looked lately. */
    Path path(long inode) {
        Real real = byInode.get(inode);
        return real != null && System.nanoTime() - real.since() < GOOD_NANOS ? real.path() : null;
    }

    void seen(long inode, Path path) {
        if (byInode.size() >= MOST) {
            byInode.clear();
        }
        byInode.put(inode, new Real(path, System.nanoTime()));
    }

    void forget() {
        byInode.clear();
    }
}
