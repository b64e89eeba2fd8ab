// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.Sattr3;

/**
 * The files behind an export. Callers have checked rights, read-only exports and names like ".." before.
 *
 * <p>Any thread, several at once. The caller holds {@link TreeLocks}: exclusively for {@link #rename} and the removal of a directory, so
 * that the path to a file that was resolved stays the same while the lock is held; the lock of a directory or file for other changes of
 * it. Only what {@link #open} and {@link #change} return is used without the tree's lock, so that data that hangs stops nobody else.
 *
 * <p>Methods fail with {@link Nfs3Exception} where they know the status, else with the exceptions of java.nio.file.
 */
public interface ExportTree extends AutoCloseable {

    Node root() throws IOException;

    /**
     * @throws Nfs3Exception BADHANDLE if it is no handle of this server, STALE if the file is gone, JUKEBOX if the client shall ask later
     * @throws SearchNeeded if the file must be searched for first, without locks
     */
    Node resolve(FileHandle handle) throws IOException;

    /** As they are now. */
    Fattr3 attributes(Node node) throws IOException;

    /** Finds a name, neither "." nor ".."; does not follow symbolic links. */
    Node lookup(Node directory, NfsText name) throws IOException;

    /** The directory that a directory is in; the root's is the root. */
    Node parent(Node directory) throws IOException;

    Listing list(Node directory) throws IOException;

    /** Makes a file that must not exist. */
    Node create(Node directory, NfsText name, Creation creation) throws IOException;

    void link(Node file, Node directory, NfsText name) throws IOException;

    /** Removes a name: of an empty directory, or of anything else. */
    void remove(Node directory, NfsText name, Node victim) throws IOException;

    /**
     * Moves a name, in one step.
     *
     * @param replaced what has the new name so far, null if nothing: an empty directory if {@code moved} is a directory, else no directory
     */
    void rename(Node from, NfsText name, Node moved, Node to, NfsText newName, Node replaced) throws IOException;

    NfsText readlink(Node link) throws IOException;

    /** Sets what is given, the size first, and waits for the disk where {@link #change} would have it forced. */
    default void setAttributes(Node node, Sattr3 change) throws IOException {
        if (change.size() != null) {
            try (OpenFile open = open(node, Access.WRITE)) {
                open.resize(change.size());
            }
        }
        try (OpenFile changed = change(node, change)) {
            if (changed != null) {
                changed.force(true);
            }
        }
    }

    /**
     * Sets what is given but the size.
     *
     * @return the file, whose attributes are to be {@linkplain OpenFile#force forced} to the disk without the tree's lock; null if they
     *     need not
     */
    OpenFile change(Node node, Sattr3 change) throws IOException;

    /** What a file is opened for. */
    enum Access {
        READ,
        WRITE,
        /** Only {@link OpenFile#force}. */
        FORCE
    }

    /** Opens a file; what it returns is used and closed without the tree's lock. */
    OpenFile open(Node file, Access access) throws IOException;

    /** An open file. One thread. */
    interface OpenFile extends AutoCloseable {

        /**
         * Reads until the buffer is full or the file ends.
         *
         * @return bytes read; the buffer's position has moved as far
         */
        int read(long offset, ByteBuffer target) throws IOException;

        /** Writes all. */
        void write(long offset, ByteBuffer source) throws IOException;

        /** Cuts the file, or fills it with zeros. */
        void resize(long size) throws IOException;

        /**
         * Returns when what was written before is on the disk.
         *
         * @param metadata the attributes too
         */
        void force(boolean metadata) throws IOException;

        @Override
        void close() throws IOException;
    }

    Space space() throws IOException;

    /** How often forcing data to the disk has failed; each time what clients wrote before and did not commit may have been lost. */
    default long lostWrites() {
        return 0;
    }

    @Override
    void close() throws IOException;
}
