// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;

/**
 * Finds a file by its inode when its place is not known, as after a restart: first along the names whose hashes the handle has, then,
 * because the file or a directory above it may have been renamed, in the whole export.
 *
 * <p>A search of the whole export reads all its directories, so forged handles could keep the server busy with nothing else. One thread at
 * a time does it, to its end however long that takes. The time that it took is noted, and a tenth of the time that passes is taken off;
 * while more than a second is left, no other search begins, so that searches take a tenth of the time in the long run. Whoever comes too
 * early gets JUKEBOX and asks again. Searching along the names has no such limit: it reads only directories whose names' hashes the handle
 * has. Inodes that were seen during a search are remembered, and so are those that were not found, both bounded; not those that may have
 * been passed by, because a client moved a directory meanwhile or one could not be read for want of descriptors: who asks comes again.
 * Moves by programs on the server are not noticed. Any thread.
 */
final class InodeSearch {

    private static final int MAX_REMEMBERED = 1 << 17;
    private static final long FREE_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final int SHARE = 10;
    private static final int TRIES = 8;

    private final Path root;
    private final long device;
    private final Listings listings;
    /** Where inodes were seen while another one was searched for. */
    private final Map<Long, Path> passed = remembered();
    private final Map<Long, Boolean> missing = remembered();
    private boolean searching;
    private final Map<Long, Integer> disturbed = remembered();
    private long moves;
    /** Of the search of the whole export that is under way. */
    private long searched;
    private boolean seen;
    private long spentNanos;
    private long spentAt = System.nanoTime();

    private static <T> Map<Long, T> remembered() {
        return new LinkedHashMap<>() {

            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<Long, T> eldest) {
                return size() > MAX_REMEMBERED;
            }
        };
    }

    InodeSearch(Path root, long device, Listings listings) {
        this.listings = listings;
        this.root = root;
        this.device = device;
    }

    /**
     * May take long; called without the tree's locks.
     *
     * @return the path; null if it is not in the export
     * @throws Nfs3Exception JUKEBOX if it cannot be searched for now
     */
    Path find(InodeHandle handle) throws IOException {
        long before;
        synchronized (this) {
            if (missing.containsKey(handle.inode())) {
                return null;
            }
            before = moves;
        }
        Path found = passedBy(handle.inode());
        if (found == null) {
            found = along(root, handle, 0);
        }
        return found != null ? found : everywhere(handle.inode(), before);
    }

    /** Notes that an inode is there: it was moved into the export, or a new file got its number. */
    synchronized void exists(long inode) {
        missing.remove(inode);
        seen |= inode == searched;
    }

    /** Notes that a directory has another place: a search that was under way may have passed by what is below it. */
    synchronized void moved() {
        moves++;
        missing.clear();
    }

    private Path along(Path directory, InodeHandle handle, int level) {
        if (level == handle.names().length) {
            return null;
        }
        List<NfsText> names;
        try {
            names = listings.of(FileStat.of(directory).attributes(), () -> PathNames.in(directory)).withHash(handle.names()[level]);
        } catch (IOException e) {
            // Not readable, or gone meanwhile: it is not found here.
            return null;
        }
        boolean last = level == handle.names().length - 1;
        for (NfsText name : names) {
            Path entry = PathNames.child(directory, name);
            FileStat stat = FileStat.orNull(entry);
            boolean here = stat != null && stat.device() == device;
            if (here && stat.inode() == handle.inode()) {
                return entry;
            }
            Path below = here && !last && stat.attributes().isDirectory() ? along(entry, handle, level + 1) : null;
            if (below != null) {
                return below;
            }
        }
        return null;
    }

    private Path passedBy(long inode) {
        Path path;
        synchronized (this) {
            path = passed.remove(inode);
        }
        FileStat stat = path == null ? null : FileStat.orNull(path);
        return stat != null && stat.device() == device && stat.inode() == inode ? path : null;
    }

    /** @param before moves of directories before the search began */
    private Path everywhere(long inode, long before) throws Nfs3Exception {
        long begin = System.nanoTime();
        synchronized (this) {
            spentNanos = Math.max(0, spentNanos - (begin - spentAt) / SHARE);
            spentAt = begin;
            if (searching || spentNanos > FREE_NANOS) {
                throw new Nfs3Exception(NfsStat3.NFS3ERR_JUKEBOX, "another search is going on, or took long");
            }
            searching = true;
            searched = inode;
            seen = false;
        }
        try {
            Path found = below(inode);
            if (found == null) {
                notFound(inode, before);
            } else {
                forgive(inode);
            }
            return found;
        } finally {
            synchronized (this) {
                searching = false;
                spentNanos += System.nanoTime() - begin;
            }
        }
    }

    private synchronized void notFound(long inode, long before) throws Nfs3Exception {
        if (moves == before && !seen) {
            disturbed.remove(inode);
            missing.put(inode, true);
        } else if (disturbed.merge(inode, 1, Integer::sum) < TRIES) {
            throw new Nfs3Exception(NfsStat3.NFS3ERR_JUKEBOX, "the file, or a directory, was moved during the search");
        } else {
            disturbed.remove(inode);
        }
    }

    private synchronized void forgive(long inode) {
        disturbed.remove(inode);
    }

    private Path below(long inode) throws Nfs3Exception {
        Deque<Path> directories = new ArrayDeque<>();
        directories.push(root);
        while (!directories.isEmpty()) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(directories.pop())) {
                for (Path entry : entries) {
                    FileStat stat = FileStat.orNull(entry);
                    if (stat != null && stat.device() == device) {
                        if (stat.inode() == inode) {
                            return entry;
                        }
                        synchronized (this) {
                            passed.put(stat.inode(), entry);
                        }
                        if (stat.attributes().isDirectory()) {
                            directories.push(entry);
                        }
                    }
                }
            } catch (IOException | DirectoryIteratorException e) {
                IOException cause = e instanceof DirectoryIteratorException iterator ? iterator.getCause() : (IOException) e;
                if (Failures.known(cause) == NfsStat3.NFS3ERR_JUKEBOX) {
                    throw new Nfs3Exception(NfsStat3.NFS3ERR_JUKEBOX, "cannot be searched for: " + cause.getMessage());
                }
                // Not readable, or gone meanwhile: go on with the next.
                continue;
            }
        }
        return null;
    }
}
