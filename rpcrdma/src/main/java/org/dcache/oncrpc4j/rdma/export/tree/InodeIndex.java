// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;

/**
 * What is known of inodes that clients have handles of: the handle, which stays the same as long as it is known here, and where the file
 * was seen last. A place is a directory's inode and a name in it, so nothing has to be changed for what lies below a directory that moves.
 * Places are hints, to be checked before they are used. Bounded, the least recently used go first. Any thread.
 */
final class InodeIndex {

    private static final int MAX_PLACES = 4;

    /** Where a file was seen. */
    record Place(long directory, NfsText name) {}

    private static final class Known {
        private FileHandle handle;
        private int generation;
        /** The latest first. */
        private final List<Place> places = new ArrayList<>(1);

        private Known(FileHandle handle, int generation) {
            this.handle = handle;
            this.generation = generation;
        }
    }

    private final Map<Long, Known> inodes;

    InodeIndex(int capacity) {
        inodes = new LinkedHashMap<>(16, 0.75f, true) {

            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<Long, Known> eldest) {
                return size() > capacity;
            }
        };
    }

    /**
     * Notes that a file was seen.
     *
     * @param generation if it is another one than before, this is another file
     * @param handle gives the handle if none is known
     * @return its handle
     */
    synchronized FileHandle seen(long inode, int generation, Place place, Supplier<FileHandle> handle) {
        Known known = inodes.get(inode);
        if (known == null || known.generation != generation) {
            known = new Known(handle.get(), generation);
            inodes.put(inode, known);
        }
        if (known.places.isEmpty() || !known.places.get(0).equals(place)) {
            known.places.remove(place);
            known.places.add(0, place);
            if (known.places.size() > MAX_PLACES) {
                known.places.remove(MAX_PLACES);
            }
        }
        return known.handle;
    }

    /** Where to look for a file, the best first; none if nothing is known. */
    synchronized List<Place> places(long inode) {
        Known known = inodes.get(inode);
        return known == null ? List.of() : List.copyOf(known.places);
    }

    /** The handle that clients have of an inode; null if it is not known. */
    synchronized FileHandle handle(long inode) {
        Known known = inodes.get(inode);
        return known == null ? null : known.handle;
    }

    /** The same if the file has this generation; else null. */
    synchronized FileHandle handle(long inode, int generation) {
        Known known = inodes.get(inode);
        return known == null || known.generation != generation ? null : known.handle;
    }

    /** Notes that a change by this server gave the file with this handle another generation. */
    synchronized void reborn(long inode, FileHandle handle, int generation) {
        Known known = inodes.get(inode);
        if (known != null) {
            known.handle = handle;
            known.generation = generation;
        }
    }

    /** Notes that a file is no longer at a place, but may be elsewhere. */
    synchronized void left(long inode, Place place) {
        Known known = inodes.get(inode);
        if (known != null) {
            known.places.remove(place);
        }
    }

    /** Notes that a file is gone. */
    synchronized void gone(long inode) {
        inodes.remove(inode);
    }
}
