// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Keeps channels open between READs and WRITEs, which know no open and close. At most as many as it was made for, besides those in use; the
 * least recently used are closed first. A channel is used by several threads at once, with positions of their own. Any thread.
 */
final class OpenFiles implements AutoCloseable {

    private final int capacity;
    private final boolean readOnly;
    private final Map<Long, Open> files = new LinkedHashMap<>(16, 0.75f, true);

    /** @param readOnly never open for writing */
    OpenFiles(int capacity, boolean readOnly) {
        this.capacity = capacity;
        this.readOnly = readOnly;
    }

    /** An open file. Guarded by the map's owner. */
    private static final class Open {
        private final FileChannel channel;
        private final boolean writable;
        private int users;
        private boolean discarded;

        private Open(FileChannel channel, boolean writable) {
            this.channel = channel;
            this.writable = writable;
        }
    }

    /** A channel in use; to be closed, upon which it stays open for the next. */
    final class Use implements AutoCloseable {

        private final Open open;

        private Use(Open open) {
            this.open = open;
        }

        FileChannel channel() {
            return open.channel;
        }

        @Override
        public void close() throws IOException {
            done(open);
        }
    }

    /**
     * Opens a file, or finds it open.
     *
     * @param path of a regular file; a symbolic link is not followed
     */
    synchronized Use use(long inode, Path path, boolean write) throws IOException {
        Open open = files.get(inode);
        if (open == null || write && !open.writable || !open.channel.isOpen()) {
            discard(inode);
            open = open(path, write);
            files.put(inode, open);
        }
        open.users++;
        trim();
        return new Use(open);
    }

    private Open open(Path path, boolean write) throws IOException {
        if (!readOnly) {
            try {
                return new Open(channel(path, StandardOpenOption.READ, StandardOpenOption.WRITE), true);
            } catch (FileSystemException e) {
                // A file that the process may read but not write, or that is being executed.
                if (write || !(e instanceof AccessDeniedException || e.getReason() != null)) {
                    throw e;
                }
            }
        }
        return new Open(channel(path, StandardOpenOption.READ), false);
    }

    private static FileChannel channel(Path path, OpenOption... options) throws IOException {
        Set<OpenOption> all = new HashSet<>(Set.of(options));
        all.add(LinkOption.NOFOLLOW_LINKS);
        return FileChannel.open(path, all);
    }

    private void trim() throws IOException {
        Iterator<Open> eldest = files.values().iterator();
        while (files.size() > capacity && eldest.hasNext()) {
            Open open = eldest.next();
            if (open.users == 0) {
                eldest.remove();
                open.channel.close();
            }
        }
    }

    private synchronized void done(Open open) throws IOException {
        if (--open.users == 0 && open.discarded) {
            open.channel.close();
        }
    }

    /** Closes a file, when nobody uses it any more: it is gone, or opened anew. */
    synchronized void discard(long inode) throws IOException {
        Open open = files.remove(inode);
        if (open != null) {
            open.discarded = true;
            if (open.users == 0) {
                open.channel.close();
            }
        }
    }

    synchronized int size() {
        return files.size();
    }

    @Override
    public synchronized void close() throws IOException {
        for (Long inode : Set.copyOf(files.keySet())) {
            discard(inode);
        }
    }
}
