// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.dcache.oncrpc4j.rdma.verbs.Access;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionInfo;
import org.dcache.oncrpc4j.rdma.verbs.Exposure;
import org.dcache.oncrpc4j.rdma.verbs.MemorySource;
import org.dcache.oncrpc4j.rdma.verbs.QueuePair;
import org.dcache.oncrpc4j.rdma.verbs.QueuePairHandler;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.dcache.oncrpc4j.rdma.verbs.error.ResourceLimitException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;

/**
 * A queue pair whose other end is the test: it writes down everything that the engine does, in order, and completes what the test lets it.
 * Single-threaded: the test's thread is the loop, unless a test says otherwise.
 */
final class ScriptedQueuePair implements QueuePair {

    /** One posted request, with a copy of its bytes. */
    record Posted(WorkRequest.Opcode opcode, boolean signaled, int stag, long offset, byte[] bytes, WorkRequest request) {
        ByteBuffer data() {
            return ByteBuffer.wrap(bytes);
        }
    }

    /** Memory that the engine exposed. */
    static final class Exposed implements Exposure {
        final MemorySource source;
        final Access access;
        final int stag;
        private final ScriptedQueuePair owner;
        boolean revoked;
        int written = UNKNOWN;
        Runnable pendingFence;

        Exposed(ScriptedQueuePair owner, MemorySource source, Access access, int stag) {
            this.owner = owner;
            this.source = source;
            this.access = access;
            this.stag = stag;
        }

        @Override
        public int stag() {
            return stag;
        }

        @Override
        public long offset() {
            return 0;
        }

        @Override
        public int length() {
            return source.length();
        }

        @Override
        public int written() {
            return written;
        }

        @Override
        public WorkRequest bindRequest() {
            return null;
        }

        @Override
        public boolean revoke(Runnable fenced) {
            if (owner.slowFences) {
                pendingFence = () -> {
                    revoked = true;
                    owner.log.add("revoked " + stag);
                    fenced.run();
                };
                return false;
            }
            revoked = true;
            owner.log.add("revoked " + stag);
            return true;
        }
    }

    final List<String> log = new ArrayList<>();
    final List<Posted> posted = new ArrayList<>();
    final List<Exposed> exposed = new ArrayList<>();
    final Deque<Runnable> tasks = new ArrayDeque<>();
    private final byte[] peerPrivateData;
    QueuePairHandler handler;
    boolean completeSends = true;
    /** Sends complete inside the post, but as failed. */
    boolean failSends;
    boolean slowFences;
    /** As a device does that is out of memory windows. */
    boolean refuseExposures;
    boolean inLoop = true;
    int postedReceives;
    boolean receiveStalled;
    /** Who posted last. */
    volatile Thread poster;
    VerbsException ended;
    /** Runs once, in the next post, before anything of that is seen. */
    Runnable beforePost = () -> {};
    /** Runs once, in the next exposure, before that is made or refused. */
    Runnable beforeExpose = () -> {};
    /** Reads that may be outstanding, as the peer has agreed. */
    int outboundReads = 8;
    /** Thrown by every post. */
    RuntimeException fault;
    /** Thrown by every exposure. */
    Error exposeFault;

    ScriptedQueuePair(byte[] peerPrivateData) {
        this.peerPrivateData = peerPrivateData;
    }

    @Override
    public ConnectionInfo info() {
        InetSocketAddress local = new InetSocketAddress(InetAddress.getLoopbackAddress(), 20049);
        InetSocketAddress remote = new InetSocketAddress(InetAddress.getLoopbackAddress(), 700);
        return new ConnectionInfo("scripted", local, remote, peerPrivateData, 8, outboundReads, true, "");
    }

    @Override
    public void postReceives(int count) {
        postedReceives += count;
        log.add("receives " + count);
    }

    @Override
    public boolean isReceiveStalled() {
        return receiveStalled;
    }

    @Override
    public void postSend(WorkRequest chain) {
        if (fault != null) {
            throw fault;
        }
        Runnable before = beforePost;
        beforePost = () -> {};
        before.run();
        poster = Thread.currentThread();
        for (WorkRequest r = chain; r != null; r = r.next()) {
            ByteBuffer bytes = ByteBuffer.allocate((int) r.remaining());
            boolean read = r.opcode() == WorkRequest.Opcode.RDMA_READ;
            for (int i = 0; !read && i < r.count(); i++) {
                bytes.put(r.buffer(i).duplicate());
            }
            int stag = r.opcode() == WorkRequest.Opcode.SEND_WITH_INVALIDATE ? r.invalidateStag() : r.remoteStag();
            posted.add(new Posted(r.opcode(), r.isSignaled(), stag, r.remoteOffset(), bytes.array(), r));
            log.add(r.opcode().name());
        }
        for (WorkRequest r = chain; r != null && completeSends; ) {
            WorkRequest next = r.next();
            if (r.isSignaled() && r.opcode() != WorkRequest.Opcode.RDMA_READ) {
                handler.onSendCompletion(this, r, !failSends);
            }
            r = next;
        }
    }

    @Override
    public Exposure expose(MemorySource memory, Access access) throws VerbsException {
        Runnable before = beforeExpose;
        beforeExpose = () -> {};
        before.run();
        if (exposeFault != null) {
            throw exposeFault;
        }
        if (refuseExposures) {
            throw new ResourceLimitException("no more memory windows");
        }
        Exposed e = new Exposed(this, memory, access, 100 + exposed.size());
        exposed.add(e);
        return e;
    }

    @Override
    public boolean execute(Runnable task) {
        if (inLoop) {
            task.run();
        } else {
            synchronized (tasks) {
                tasks.add(task);
                tasks.notifyAll();
            }
        }
        return true;
    }

    /** Runs one task as the loop would, waiting for it. */
    void runTask() throws InterruptedException {
        Runnable task;
        synchronized (tasks) {
            while (tasks.isEmpty()) {
                tasks.wait();
            }
            task = tasks.poll();
        }
        task.run();
    }

    @Override
    public boolean inLoop() {
        return inLoop;
    }

    @Override
    public void disconnect(VerbsException cause) {
        end(cause);
    }

    @Override
    public void abort(VerbsException cause) {
        end(cause);
    }

    private void end(VerbsException cause) {
        if (ended == null) {
            ended = cause;
            handler.onDisconnected(this, cause);
        }
    }

    @Override
    public boolean isOpen() {
        return ended == null;
    }
}
