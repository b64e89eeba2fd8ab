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
 * it. Only what {@link #open} returns, and what is {@link Unforced}, is used without the tree's lock, so that a disk that hangs stops
 * nobody else.
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

    /** What stands for a file, of which clients may have several handles, in maps; for no file, too, if it is no handle of this server. */
    default Object file(FileHandle handle) {
        return handle;
    }

    /** As they are now. */
    Fattr3 attributes(Node node) throws IOException;

    /** Finds a name, neither "." nor ".."; does not follow symbolic links. */
    Node lookup(Node directory, NfsText name) throws IOException;

    /** The directory that a directory is in; the root's is the root. */
    Node parent(Node directory) throws IOException;

    Listing list(Node directory) throws IOException;

    /** Whether a directory has no names; a tree with a better way does not read all those of a large one. */
    default boolean isEmpty(Node directory) throws IOException {
        return list(directory).isEmpty();
    }

    /**
     * The names of a directory, which are going to be changed or to be relied on, are to be forced to the disk.
     *
     * @param later gets the directory, unless it need not be forced
     */
    void names(Node directory, Unforced later) throws IOException;

    /**
     * Makes a file that must not exist.
     *
     * @param later gets the file, unless it need not be forced to the disk; not its name
     */
    Node create(Node directory, NfsText name, Creation creation, Unforced later) throws IOException;

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

    /**
     * Sets what is given but the size.
     *
     * @param later gets the file, unless its attributes need not be forced to the disk; null if the caller forces it anyway
     */
    void change(Node node, Sattr3 change, Unforced later) throws IOException;

    /** What a file is opened for. */
    enum Access {
        READ,
        WRITE,
        /** Only {@link Forced#force}. */
        FORCE
    }

    /** Opens a file; what it returns is used and closed without the tree's lock. */
    OpenFile open(Node file, Access access) throws IOException;

    /** A file or directory that is open to be forced to the disk. One thread. */
    interface Forced extends AutoCloseable {

        /**
         * Returns when what was changed before is on the disk.
         *
         * @param metadata the attributes too
         */
        void force(boolean metadata) throws IOException;

        @Override
        void close() throws IOException;
    }

    /** An open file. One thread. */
    interface OpenFile extends Forced {

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
    }

    Space space() throws IOException;

    /** How often forcing data to the disk has failed; each time what clients wrote before and did not commit may have been lost. */
    default long lostWrites() {
        return 0;
    }

    @Override
    void close() throws IOException;
}
