// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Paths of directories that were checked a moment ago: no directory of the path was a symbolic link. A check costs several times as much as
 * a READ. Forgotten after some milliseconds, and when this server renames or removes something; whoever opens or changes a file checks
 * again. Bounded. Any thread.
 */
final class RealDirectories {

    private static final long GOOD_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final int MAX_PATHS = 4096;

    private record Real(Path path, long since) {}

    private final Map<Long, Real> byInode = new ConcurrentHashMap<>();

    /** The path; null if it was not checked lately. */
    Path path(long inode) {
        Real real = byInode.get(inode);
        return real != null && System.nanoTime() - real.since() < GOOD_NANOS ? real.path() : null;
    }

    void seen(long inode, Path path) {
        if (byInode.size() >= MAX_PATHS) {
            byInode.clear();
        }
        byInode.put(inode, new Real(path, System.nanoTime()));
    }

    void forget() {
        byInode.clear();
    }
}
