// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Forces what changes in a {@link DirectoryTree} to the disk, and counts how often that failed.
 *
 * <p>If the tree is durable, as RFC 1813 requires, a procedure that changes names or attributes has what it changes opened here, under the
 * tree's locks, and given to its {@link Unforced}, which owns it from then on: it forces it when the locks are free, and closes it. Else
 * nothing is given. What clients write is forced in either case, by WRITE and COMMIT.
 *
 * <p>Not forced are the attributes of what cannot be opened for that: special files, symbolic links and, without root, files that the
 * process may not read; on disks with a journal the name that is forced takes those of a new one along. Any thread.
 */
final class Durability {

    private final ExportTree tree;
    private final boolean durable;
    private final AtomicLong lostWrites = new AtomicLong();

    Durability(ExportTree tree, boolean durable) {
        this.tree = tree;
        this.durable = durable;
    }

    /** See {@link ExportTree#names}. */
    void names(PathNode directory, Unforced later) throws IOException {
        if (durable) {
            later.add(new Changed(PathChanges.directory(directory.path())));
        }
    }

    /**
     * A file was made.
     *
     * @param file open, and from here on not the caller's; null if it cannot be opened
     */
    void made(FileChannel file, Unforced later) throws IOException {
        if (file != null) {
            made(new Changed(file), later);
        }
    }

    /** The same for what stays open beyond that. */
    void made(ExportTree.Forced file, Unforced later) throws IOException {
        if (durable) {
            later.add(file);
        } else {
            file.close();
        }
    }

    /**
     * Opens a file whose attributes change.
     *
     * @param later as for {@link ExportTree#change}
     * @return false if the process may not open it, as it may before or after a change of the mode
     */
    boolean attributes(PathNode file, Unforced later) throws IOException {
        if (later == null || !durable) {
            return true;
        }
        try {
            switch (file.attributes().type()) {
                case NF3REG -> later.add(tree.open(file, ExportTree.Access.FORCE));
                case NF3DIR -> names(file, later);
                default -> {
                    // Opening one may have effects, or wait for somebody at the other end.
                }
            }
            return true;
        } catch (AccessDeniedException e) {
            return false;
        }
    }

    /** The kernel reports a failure once: it must be counted before others who wait for the same file get their answer. */
    void force(FileChannel channel, boolean metadata) throws IOException {
        synchronized (channel) {
            try {
                channel.force(metadata);
            } catch (IOException e) {
                lostWrites.incrementAndGet();
                throw e;
            }
        }
    }

    /** See {@link ExportTree#lostWrites}. */
    long lostWrites() {
        return lostWrites.get();
    }

    /** A new file, or a directory with changed names, open for the one who changed it. */
    private final class Changed implements ExportTree.Forced {

        private final FileChannel channel;

        private Changed(FileChannel channel) {
            this.channel = channel;
        }

        @Override
        public void force(boolean metadata) throws IOException {
            Durability.this.force(channel, metadata);
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
