// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps files open between READs and WRITEs, since NFSv3 has no OPEN and CLOSE; but only for about a second after the last use, because
 * open files matter on the server: their space is not freed when they are removed locally, and a program that is open for writing cannot be
 * run. A file that the process could not open for writing again, because it is not root and the mode does not let it any more, stays open
 * for {@value #MADE_SECONDS} s: its maker has it open, and what he writes may come late. Reading and writing use channels of their own.
 * When more are open than the capacity, those that are not in use are closed, the least recently used first, and these last.
 *
 * <p>A channel is used by several threads at once, each with its own position. Files are opened and closed outside the lock, so that one
 * that hangs blocks nobody else. Any thread.
 */
final class OpenFiles implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(OpenFiles.class);
    private static final long IDLE_MILLIS = 1000;
    private static final long MADE_SECONDS = 60;

    private final int capacity;
    private final Map<Key, Open> files = new LinkedHashMap<>(16, 0.75f, true);
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "open files");
        thread.setDaemon(true);
        return thread;
    });
    private boolean sweeping;

    OpenFiles(int capacity) {
        this.capacity = capacity;
    }

    private record Key(long inode, boolean write) {}

    /** An open file. Guarded by the lock, except the channel. */
    private static final class Open {

        private final FileChannel channel;
        private long idleNanos = TimeUnit.MILLISECONDS.toNanos(IDLE_MILLIS);
        private int users = 1;
        private boolean discarded;
        private long usedAt;

        private Open(FileChannel channel) {
            this.channel = channel;
        }
    }

    /** A channel in use. Closing this ends the use; the channel stays open for the next one. */
    final class Use implements AutoCloseable {

        private final Open open;

        private Use(Open open) {
            this.open = open;
        }

        FileChannel channel() {
            return open.channel;
        }

        @Override
        public void close() {
            done(open);
        }
    }

    /**
     * Opens a file, or finds it open.
     *
     * @param opener of the file with that inode, for writing or for reading
     */
    Use use(long inode, boolean write, Opener opener) throws IOException {
        Key key = new Key(inode, write);
        Open found = found(key);
        return new Use(found != null ? found : added(key, new Open(opener.open())));
    }

    /** Opens a file when it is not open yet. */
    interface Opener {

        FileChannel open() throws IOException;
    }

    /**
     * Takes a file that was just made and cannot be opened again.
     *
     * @param channel for writing, from here on ours
     */
    Use keep(long inode, FileChannel channel) {
        Use use = new Use(added(new Key(inode, true), new Open(channel)));
        keepLong(inode);
        return use;
    }

    /** A file cannot be opened for writing again: what is open now stays longer. */
    synchronized void keepLong(long inode) {
        Open open = files.get(new Key(inode, true));
        if (open != null) {
            open.idleNanos = TimeUnit.SECONDS.toNanos(MADE_SECONDS);
        }
    }

    /** Any channel of a file, as is enough to wait for the disk. */
    Use useAny(long inode, Opener opener) throws IOException {
        Open found = found(new Key(inode, true));
        return found != null ? new Use(found) : use(inode, false, opener);
    }

    private synchronized Open found(Key key) {
        Open open = files.get(key);
        if (open == null || !open.channel.isOpen()) {
            return null;
        }
        open.users++;
        return open;
    }

    /** Adds a channel. If two threads open the same file at once, the later channel stays. */
    private Open added(Key key, Open open) {
        List<Open> idle = new ArrayList<>();
        synchronized (this) {
            discard(files.put(key, open), idle);
            discardBeyondCapacity(false, idle);
            discardBeyondCapacity(true, idle);
            if (!sweeping && !timer.isShutdown()) {
                sweeping = true;
                timer.schedule(this::sweep, IDLE_MILLIS, TimeUnit.MILLISECONDS);
            }
        }
        close(idle);
        return open;
    }

    /** @param kept also of those that cannot be opened again */
    private void discardBeyondCapacity(boolean kept, List<Open> idle) {
        for (Key eldest : files.size() > capacity ? List.copyOf(files.keySet()) : List.<Key>of()) {
            Open open = files.get(eldest);
            if (files.size() > capacity && open.users == 0 && (kept || open.idleNanos < TimeUnit.SECONDS.toNanos(MADE_SECONDS))) {
                discard(files.remove(eldest), idle);
            }
        }
    }

    private void done(Open open) {
        synchronized (this) {
            open.usedAt = System.nanoTime();
            if (--open.users > 0 || !open.discarded) {
                return;
            }
        }
        close(List.of(open));
    }

    private void sweep() {
        List<Open> idle = new ArrayList<>();
        synchronized (this) {
            long now = System.nanoTime();
            files.values().removeIf(open -> open.users == 0 && now - open.usedAt > open.idleNanos && discard(open, idle));
            sweeping = !files.isEmpty() && !timer.isShutdown();
            if (sweeping) {
                timer.schedule(this::sweep, IDLE_MILLIS / 2, TimeUnit.MILLISECONDS);
            }
        }
        close(idle);
    }

    /** @param idle gets the file if it is to be closed now; otherwise its last user closes it */
    private static boolean discard(Open open, List<Open> idle) {
        if (open != null) {
            open.discarded = true;
            if (open.users == 0) {
                idle.add(open);
            }
        }
        return true;
    }

    private static void close(List<Open> idle) {
        for (Open open : idle) {
            try {
                open.channel.close();
            } catch (IOException e) {
                // Clients learn of lost data by COMMIT.
                LOG.warn("a file could not be closed", e);
            }
        }
    }

    /** Closes a file that was removed, as soon as nobody uses it any more. */
    void discard(long inode) {
        List<Open> idle = new ArrayList<>();
        synchronized (this) {
            discard(files.remove(new Key(inode, true)), idle);
            discard(files.remove(new Key(inode, false)), idle);
        }
        close(idle);
    }

    @Override
    public void close() {
        timer.shutdown();
        List<Open> idle = new ArrayList<>();
        synchronized (this) {
            files.values().removeIf(open -> discard(open, idle));
        }
        close(idle);
    }
}
