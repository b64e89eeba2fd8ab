// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;

/**
 * The locks of procedures on one tree.
 *
 * <p>RENAME and RMDIR hold the tree exclusively: only they can take a directory from its place, after which the path that another procedure
 * has just checked could lead through a symbolic link, out of the export. So do MKNOD, and LINK of a special file: who has just seen a file
 * must not find a FIFO there when he opens it, and wait for somebody at its other end. All others share the tree. Those that return weak
 * cache consistency data of a file or directory also hold its own lock, so that no other change falls between the attributes before and
 * after; COMMIT, which changes nothing, does not.
 *
 * <p>The lock of one file or directory is taken first, then the tree, at last the lock of a path: who finds a file and changes, links or
 * removes it by its path must not find that it has just been removed and another one made there. Nobody has the tree or a directory while
 * he reads, writes, resizes or waits for the disk, so a file or directory that hangs stops only its own callers.
 */
public final class TreeLocks {

    private final Function<FileHandle, Object> names;
    private final ReadWriteLock tree = new ReentrantReadWriteLock();
    /** The locks that somebody holds or waits for. */
    private final Map<Object, FileLock> files = new ConcurrentHashMap<>();
    private final Map<Object, FileLock> paths = new ConcurrentHashMap<>();

    private static final class FileLock extends ReentrantLock {

        private static final long serialVersionUID = 1L;

        /** Who hold it or wait for it; changed inside the map's atomic operations. */
        private int users;
    }

    /** Locks that are held. To be closed by the thread that took them. */
    public interface Held extends AutoCloseable {

        @Override
        void close();
    }

    /** @param names {@link ExportTree#file} */
    public TreeLocks(Function<FileHandle, Object> names) {
        this.names = names;
    }

    /** For procedures that change nothing. */
    public Held shared() {
        Lock lock = tree.readLock();
        lock.lock();
        return lock::unlock;
    }

    /** For a change of this file or directory. */
    public Held change(FileHandle handle) {
        Held file = file(handle);
        Held shared = shared();
        return () -> {
            shared.close();
            file.close();
        };
    }

    /** The first half of {@link #change}, for procedures that take the second when they need it. */
    public Held file(FileHandle handle) {
        return lock(files, handle);
    }

    /** For a file, from when it is found until it was changed, linked or removed by its path; nothing else is waited for meanwhile. */
    public Held path(FileHandle handle) {
        return lock(paths, handle);
    }

    private Held lock(Map<Object, FileLock> files, FileHandle handle) {
        Object file = names.apply(handle);
        FileLock lock = files.compute(file, (key, known) -> {
            FileLock used = known == null ? new FileLock() : known;
            used.users++;
            return used;
        });
        lock.lock();
        return () -> {
            lock.unlock();
            files.computeIfPresent(file, (key, used) -> --used.users == 0 ? null : used);
        };
    }

    /** For changes that may move or remove directories, or give a special file a name. */
    public Held exclusive() {
        Lock lock = tree.writeLock();
        lock.lock();
        return lock::unlock;
    }
}
