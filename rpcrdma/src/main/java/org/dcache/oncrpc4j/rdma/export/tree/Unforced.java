// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What a procedure has changed or is going to, and the disk may not have yet. It is opened under the tree's lock, and forced when the lock
 * is free again and before the reply leaves, so that a disk that hangs stops nobody else. What was added last is forced first: a directory
 * is opened before a name in it changes, when nothing is there yet to be undone, and forced after the file that the name is of. One thread.
 */
public final class Unforced implements AutoCloseable {

    private final Deque<ExportTree.Forced> files = new ArrayDeque<>(2);

    /** @param file closed with this */
    public void add(ExportTree.Forced file) {
        files.push(file);
    }

    /** Returns when all of it is on the disk; called without the tree's lock. */
    public void force() throws IOException {
        for (ExportTree.Forced file : files) {
            file.force(true);
        }
    }

    /** Closes all, whatever fails. */
    @Override
    public void close() throws IOException {
        try (ExportTree.Forced file = files.poll()) {
            if (file != null) {
                close();
            }
        }
    }
}
