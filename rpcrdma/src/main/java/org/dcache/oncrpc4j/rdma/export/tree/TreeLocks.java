// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;

/**
 * The order among procedures on one tree.
 *
 * <p>RENAME and RMDIR have the tree for themselves: only they can take a directory from its place, after which the path that another
 * procedure has just checked could lead through a symbolic link, out of the export. All others share the tree; those that change a file or
 * directory hold that one's stripe as well, so that the attributes before and after in weak cache consistency data have nobody else's
 * change between them. Tree first, then at most one stripe.
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

    /** To be closed by the thread that took it. */
    public interface Held extends AutoCloseable {

        @Override
        void close();
    }

    /** To look. */
    public Held shared() {
        Lock lock = tree.readLock();
        lock.lock();
        return lock::unlock;
    }

    /** To change this one. */
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

    /** To move directories. */
    public Held exclusive() {
        Lock lock = tree.writeLock();
        lock.lock();
        return lock::unlock;
    }
}
