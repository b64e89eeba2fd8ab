// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import java.io.IOException;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.NfsTime3;

/**
 * Keeps the listings of directories, so that neither a page of a large directory nor the search for a file in it costs the reading of all
 * of it.
 *
 * <p>A listing is used again only while mtime and ctime of the directory are what they were, and it is kept only if both were older than
 * {@value #TICK_MILLIS} ms when it was made: two changes within a tick of the clock leave the same time. The names of all listings
 * together are bounded; the least recently used listing goes first. Of several who ask for a directory that has not changed for so long one
 * reads it, the others wait for him. Any thread.
 */
public class Listings {

    private static final int MAX_NAMES = 1 << 20;
    private static final long TICK_MILLIS = 100;

    private record Kept(NfsTime3 mtime, NfsTime3 ctime, Listing listing) {

        private boolean isOf(Fattr3 directory) {
            return mtime.equals(directory.mtime()) && ctime.equals(directory.ctime());
        }
    }

    private final Map<Long, Kept> kept = new LinkedHashMap<>(16, 0.75f, true);
    private final Map<Long, CompletableFuture<Kept>> reading = new ConcurrentHashMap<>();
    private long names;

    /** Reads a directory. */
    public interface Reader {

        /** The names without "." and "..". */
        Collection<NfsText> names() throws IOException;
    }

    /**
     * The listing of a directory.
     *
     * @param attributes of the directory, from before it is read
     * @param reader asked if no listing of it is kept, or it has changed since
     */
    public Listing of(Fattr3 attributes, Reader reader) throws IOException {
        synchronized (this) {
            Kept old = kept.get(attributes.fileid());
            if (old != null && old.isOf(attributes)) {
                return old.listing();
            }
        }
        Instant settled = Instant.now().minusMillis(TICK_MILLIS);
        if (!attributes.mtime().toInstant().isBefore(settled) || !attributes.ctime().toInstant().isBefore(settled)) {
            return Listing.of(reader.names());
        }
        CompletableFuture<Kept> own = new CompletableFuture<>();
        CompletableFuture<Kept> other = reading.putIfAbsent(attributes.fileid(), own);
        if (other != null) {
            Kept theirs = other.join();
            return theirs != null && theirs.isOf(attributes) ? theirs.listing() : Listing.of(reader.names());
        }
        Kept read = null;
        try {
            read = new Kept(attributes.mtime(), attributes.ctime(), Listing.of(reader.names()));
            keep(attributes.fileid(), read);
            return read.listing();
        } finally {
            reading.remove(attributes.fileid(), own);
            own.complete(read);
        }
    }

    private synchronized void keep(long directory, Kept read) {
        forget(directory);
        if (read.listing().size() <= MAX_NAMES) {
            names += read.listing().size();
            kept.put(directory, read);
            while (names > MAX_NAMES) {
                forget(kept.keySet().iterator().next());
            }
        }
    }

    private void forget(long directory) {
        Kept old = kept.remove(directory);
        if (old != null) {
            names -= old.listing().size();
        }
    }
}
