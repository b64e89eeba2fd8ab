// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;

/**
 * The locks of procedures on one tree.
 *
 * <p>RENAME and RMDIR hold the tree exclusively: only they can take a directory from its place, after which the path that another procedure
 * has just checked could lead through a symbolic link, out of the export. All others share the tree. Those that return weak cache
 * consistency data of a file or directory also hold its stripe, so that no other change falls between the attributes before and after;
 * COMMIT, which changes nothing, does not. The tree is locked first, then at most one stripe.
 */
public final class TreeLocks {

    private static final int STRIPES = 256;

    private final ReadWriteLock tree = new ReentrantReadWriteLock();
    private final Lock[] stripes = new Lock[STRIPES];

    public TreeLocks() {
        for (int i = 0; i < STRIPES; i++) {
            stripes[i] = new ReentrantLock();
        }
    }

    /** Locks that are held. To be closed by the thread that took them. */
    public interface Held extends AutoCloseable {

        @Override
        void close();
    }

    /** For procedures that change nothing. */
    public Held shared() {
        Lock lock = tree.readLock();
        lock.lock();
        return lock::unlock;
    }

    /** For a change of this file or directory. */
    public Held change(FileHandle handle) {
        Lock lock = tree.readLock();
        lock.lock();
        Lock stripe = stripes[(handle.hashCode() * 0x9E3779B9) >>> 24];
        stripe.lock();
        return () -> {
            stripe.unlock();
            lock.unlock();
        };
    }

    /** For changes that may move or remove directories. */
    public Held exclusive() {
        Lock lock = tree.writeLock();
        lock.lock();
        return lock::unlock;
    }
}
