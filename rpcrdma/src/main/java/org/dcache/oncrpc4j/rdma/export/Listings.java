// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import java.io.IOException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.export.tree.ExportTree;
import org.dcache.oncrpc4j.rdma.export.tree.Listing;
import org.dcache.oncrpc4j.rdma.export.tree.Node;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.NfsTime3;

/**
 * Keeps the listings of directories, so that a page of a large directory does not cost the reading of all of it.
 *
 * <p>A listing is used again only while mtime and ctime of the directory are what they were, and it is kept only if both were older than
 * {@value #TICK_MILLIS} ms when it was made: two changes within a tick of the clock leave the same time. The names of all listings
 * together are bounded; the least recently used listing goes first. Any thread.
 */
final class Listings {

    private static final int MAX_NAMES = 1 << 20;
    private static final long TICK_MILLIS = 100;

    private record Kept(NfsTime3 mtime, NfsTime3 ctime, Listing listing) {}

    private final ExportTree tree;
    private final Map<FileHandle, Kept> kept = new LinkedHashMap<>(16, 0.75f, true);
    private long names;

    Listings(ExportTree tree) {
        this.tree = tree;
    }

    Listing of(Node directory) throws IOException {
        NfsTime3 mtime = directory.attributes().mtime();
        NfsTime3 ctime = directory.attributes().ctime();
        synchronized (this) {
            Kept old = kept.get(directory.handle());
            if (old != null && old.mtime().equals(mtime) && old.ctime().equals(ctime)) {
                return old.listing();
            }
        }
        Instant settled = Instant.now().minusMillis(TICK_MILLIS);
        Listing listing = Listing.of(tree.list(directory));
        synchronized (this) {
            forget(directory.handle());
            if (mtime.toInstant().isBefore(settled) && ctime.toInstant().isBefore(settled) && listing.size() <= MAX_NAMES) {
                names += listing.size();
                kept.put(directory.handle(), new Kept(mtime, ctime, listing));
                while (names > MAX_NAMES) {
                    forget(kept.keySet().iterator().next());
                }
            }
        }
        return listing;
    }

    private void forget(FileHandle directory) {
        Kept old = kept.remove(directory);
        if (old != null) {
            names -= old.listing().size();
        }
    }
}
