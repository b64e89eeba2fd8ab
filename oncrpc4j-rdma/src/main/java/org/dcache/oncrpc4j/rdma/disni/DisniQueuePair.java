// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.disni;

import com.ibm.disni.verbs.IbvMr;
import com.ibm.disni.verbs.IbvWC;
import com.ibm.disni.verbs.RdmaCmEvent;
import com.ibm.disni.verbs.RdmaCmId;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.dcache.oncrpc4j.rdma.verbs.Access;
import org.dcache.oncrpc4j.rdma.verbs.AdapterClosedException;
import org.dcache.oncrpc4j.rdma.verbs.ConnectListener;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionClosedException;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionInfo;
import org.dcache.oncrpc4j.rdma.verbs.Exposure;
import org.dcache.oncrpc4j.rdma.verbs.HandshakeException;
import org.dcache.oncrpc4j.rdma.verbs.HandshakeTimeoutException;
import org.dcache.oncrpc4j.rdma.verbs.MemorySource;
import org.dcache.oncrpc4j.rdma.verbs.PeerClosedException;
import org.dcache.oncrpc4j.rdma.verbs.PeerResetException;
import org.dcache.oncrpc4j.rdma.verbs.ProtocolViolationException;
import org.dcache.oncrpc4j.rdma.verbs.QueuePair;
import org.dcache.oncrpc4j.rdma.verbs.QueuePairHandler;
import org.dcache.oncrpc4j.rdma.verbs.ResourceLimitException;
import org.dcache.oncrpc4j.rdma.verbs.VerbsException;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.dcache.oncrpc4j.rdma.verbs.parts.Members;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection, from the moment it has a queue pair. Callbacks come on its {@link Poller}.
 *
 * <p>Its end has an order. Whoever decides it, on any thread, makes nobody else able to ({@link #decide}); then, as a job: nothing is posted any more, the
 * connection is cut, the queue pair destroyed, the exposures and receives are unregistered, the domain goes; then, on the loop: the requests that are left
 * fail, fences are reported, the handler hears of the end; then, as a job again, the identifier goes. A good end waits first until all that was posted has been acknowledged.
 */
final class DisniQueuePair implements QueuePair, ConnectionManager.Target, Members.Member {

    private static final Logger LOG = LoggerFactory.getLogger(DisniQueuePair.class);

    /** After a flushed request: time for the connection manager to say what happened. */
    private static final long FLUSH_NANOS = 500_000_000L;

    /** Exposures of one connection; a client's calls need a few each. */
    private static final int MAX_EXPOSURES = 1 << 16;

    private enum State { CONNECTING, OPEN, CLOSING, ENDING, ENDED }

    private final DisniAdapter adapter;
    private final RdmaCmId id;
    private final Resources resources;
    private final QueuePairHandler handler;
    /** Null when the peer dialled. */
    private final ConnectListener listener;
    private final ConnectionInfo info;
    private final long deadline;
    private final Set<DisniExposure> exposures = ConcurrentHashMap.newKeySet();

    private volatile State state = State.CONNECTING;
    // guarded by this
    private VerbsException cause;
    private IOException refusal;
    private int exposing;

    /** On the loop. */
    private boolean up;
    /** 0: none. */
    private volatile long flushedAt;

    /** @param deadline in {@link System#nanoTime}, for the rest of the handshake */
    DisniQueuePair(DisniAdapter adapter, RdmaCmId id, Resources resources, QueuePairHandler handler, ConnectListener listener, ConnectionInfo info,
            long deadline) {
        this.adapter = adapter;
        this.id = id;
        this.resources = resources;
        this.handler = handler;
        this.listener = listener;
        this.info = info;
        this.deadline = deadline;
    }

    @Override
    public ConnectionInfo info() {
        return info;
    }

    @Override
    public boolean isOpen() {
        return state == State.OPEN || state == State.CONNECTING;
    }

    @Override
    public boolean inLoop() {
        return resources.poller().inLoop();
    }

    @Override
    public boolean execute(Runnable task) {
        return resources.poller().execute(task);
    }

    // ---- work

    @Override
    public void postReceives(int count) {
        try {
            resources.receives().post(count);
        } catch (VerbsException e) {
            adapter.counters().increment(DisniCounter.POST_FAILED);
            abort(e);
        }
    }

    @Override
    public void postSend(WorkRequest chain) {
        boolean taken;
        try {
            taken = resources.sends().post(chain);
        } catch (VerbsException e) {
            adapter.counters().increment(DisniCounter.POST_FAILED);
            abort(e);
            return;
        }
        if (!taken) {
            WorkRequest next;
            for (WorkRequest request = chain; request != null; request = next) {
                next = request.next();
                if (request.isSignaled()) {
                    tell(request, false);
                }
            }
        }
    }

    private void tell(WorkRequest request, boolean ok) {
        try {
            if (request.opcode() == WorkRequest.Opcode.RDMA_READ) {
                handler.onReadCompletion(this, request, ok);
            } else {
                handler.onSendCompletion(this, request, ok);
            }
        } catch (RuntimeException e) {
            failed(e);
        }
    }

    private void failed(RuntimeException e) {
        adapter.counters().increment(DisniCounter.HANDLER_FAILED);
        LOG.error("a handler of {} failed, the connection is closed", info.remote(), e);
        abort(new ConnectionClosedException("a handler failed: " + e, e));
    }

    /** On the loop. */
    void completed(IbvWC entry) {
        if (entry.getStatus() != Completions.SUCCESS) {
            if (entry.getStatus() == Completions.FLUSHED) {
                flushedAt = flushedAt == 0 ? System.nanoTime() | 1 : flushedAt;
            } else if (state != State.ENDING && state != State.ENDED) {
                adapter.counters().increment(DisniCounter.COMPLETION_ERROR);
                abort(Completions.cause(entry.getStatus()));
            }
            return;
        }
        try {
            if ((entry.getWr_id() & ReceiveQueue.MARK) != 0) {
                received(entry);
            } else {
                resources.sends().completed(entry.getWr_id()).forEach(request -> tell(request, true));
                resources.sends().resume();
                closeWhenIdle();
            }
        } catch (VerbsException e) {
            adapter.counters().increment(DisniCounter.POST_FAILED);
            abort(e);
        }
    }

    private void received(IbvWC entry) throws VerbsException {
        established();
        if (state == State.ENDING || state == State.ENDED) {
            return;
        }
        try {
            handler.onReceive(this, resources.receives().received(entry.getWr_id(), entry.getByte_len()));
        } catch (RuntimeException e) {
            failed(e);
        }
    }

    // ---- memory

    @Override
    public boolean exposeBlocks() {
        return true;
    }

    @Override
    public Exposure expose(MemorySource memory, Access access) throws VerbsException {
        synchronized (this) {
            if (state != State.OPEN && state != State.CONNECTING) {
                throw new ConnectionClosedException("the connection to " + info.remote() + " has ended");
            }
            if (exposures.size() >= MAX_EXPOSURES) {
                throw new ResourceLimitException("more than " + MAX_EXPOSURES + " pieces of memory are exposed to " + info.remote());
            }
            exposing++;
        }
        try {
            ByteBuffer view = memory.memory().duplicate();
            view.limit(view.position() + memory.length());
            IbvMr mr = resources.domain().register(view, access == Access.REMOTE_READ ? IbvMr.IBV_ACCESS_REMOTE_READ
                    : IbvMr.IBV_ACCESS_REMOTE_WRITE | IbvMr.IBV_ACCESS_LOCAL_WRITE);
            DisniExposure exposure = new DisniExposure(this, resources.domain(), mr, view);
            exposures.add(exposure);
            return exposure;
        } finally {
            synchronized (this) {
                exposing--;
                notifyAll();
            }
        }
    }

    /** Any thread; the fence comes on the loop. */
    void revoke(DisniExposure exposure) {
        adapter.job(() -> {
            if (exposure.deregister()) {
                exposures.remove(exposure);
                execute(exposure::freed);
            } else {
                // Only the end of the queue pair is certain to end the peer's access.
                abort(new ResourceLimitException("the system does not end a registration of memory that the peer could reach"));
            }
        });
    }

    // ---- coming up

    /** On the loop; idempotent: the first message may be seen before the event. */
    private void established() {
        if (up || state != State.CONNECTING) {
            return;
        }
        up = true;
        handshakeOver();
        synchronized (this) {
            if (state == State.CONNECTING) {
                state = State.OPEN;
            }
        }
        adapter.counters().increment(DisniCounter.ESTABLISHED);
        try {
            handler.onEstablished(this);
            if (listener != null) {
                listener.connected(this);
            }
        } catch (RuntimeException e) {
            failed(e);
        }
    }

    /** Only those of peers are bounded. */
    private void handshakeOver() {
        if (listener == null) {
            adapter.handshakeOver();
        }
    }

    @Override
    public void event(RdmaCmEvent.EventType type, RdmaCmId connection) {
        switch (type) {
            case RDMA_CM_EVENT_ESTABLISHED -> execute(this::established);
            // What came before it is delivered first.
            case RDMA_CM_EVENT_DISCONNECTED -> execute(this::peerClosed);
            case RDMA_CM_EVENT_REJECTED -> {
                adapter.counters().increment(DisniCounter.PEER_REJECTED);
                refuse(new ConnectException("Connection refused: " + info.remote() + " does not accept RDMA connections there, or not ours"));
            }
            case RDMA_CM_EVENT_CONNECT_ERROR, RDMA_CM_EVENT_UNREACHABLE -> {
                adapter.counters().increment(DisniCounter.HANDSHAKE_FAILED);
                refuse(new HandshakeException("no RDMA connection with " + info.remote() + ": " + type));
            }
            case RDMA_CM_EVENT_DEVICE_REMOVAL -> {
                adapter.counters().increment(DisniCounter.DEVICE_REMOVED);
                abort(new AdapterClosedException("the RDMA device was removed"));
            }
            default -> LOG.debug("{} of {}", type, info.remote());
        }
    }

    private void peerClosed() {
        resources.poller().drain();
        if (state == State.CONNECTING) {
            refuse(new PeerResetException(info.remote() + " ended the handshake"));
        } else {
            if (state == State.OPEN) {
                adapter.counters().increment(DisniCounter.PEER_CLOSED);
            }
            abort(new PeerClosedException("the peer closed the connection"));
        }
    }

    @Override
    public void look(long now) {
        if (state == State.CONNECTING && now - deadline > 0) {
            adapter.counters().increment(DisniCounter.HANDSHAKE_TIMEOUT);
            refuse(new HandshakeTimeoutException("no RDMA connection with " + info.remote() + " in time"));
        } else if (flushedAt != 0 && now - flushedAt > FLUSH_NANOS && (state == State.OPEN || state == State.CLOSING)) {
            abort(new ProtocolViolationException("the queue pair failed: the peer broke the rules of the protocol, or the device did"));
        }
    }

    /** The connection does not come up. Any thread. */
    void refuse(IOException why) {
        VerbsException end = why instanceof VerbsException verbs ? verbs : new HandshakeException(why.getMessage(), why);
        synchronized (this) {
            if (state == State.CONNECTING && refusal == null) {
                refusal = why;
            }
        }
        abort(end);
    }

    // ---- ending

    @Override
    public void disconnect(VerbsException why) {
        synchronized (this) {
            if (state == State.OPEN) {
                cause = why;
                state = State.CLOSING;
                resources.sends().closing();
            } else if (state != State.CONNECTING) {
                return;
            }
        }
        if (state == State.CONNECTING) {
            abort(why);
        } else {
            closeWhenIdle();
        }
    }

    private void closeWhenIdle() {
        if (state == State.CLOSING && resources.sends().isIdle()) {
            abort(new ConnectionClosedException("all was sent"));
        }
    }

    @Override
    public void abort(VerbsException why) {
        if (decide(why)) {
            adapter.job(this::cut);
        }
    }

    private synchronized boolean decide(VerbsException why) {
        if (state == State.ENDING || state == State.ENDED) {
            return false;
        }
        if (cause == null) {
            cause = why;
        }
        state = State.ENDING;
        return true;
    }

    @Override
    public void adapterClosed() {
        abort(new AdapterClosedException("the DiSNI adapter was closed"));
    }

    /** On the job thread: nobody can reach our memory after this. */
    private void cut() {
        awaitExposing();
        resources.cut(id, exposures);
        if (!execute(this::ended)) {
            ended();
        }
    }

    private synchronized void awaitExposing() {
        boolean interrupted = false;
        while (exposing > 0) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** On the loop. */
    private void ended() {
        resources.poller().remove(resources.number());
        if (!up) {
            handshakeOver();
        }
        resources.sends().takeAll().forEach(request -> tell(request, false));
        exposures.forEach(DisniExposure::freed);
        exposures.clear();
        VerbsException why;
        IOException never;
        synchronized (this) {
            state = State.ENDED;
            why = cause;
            never = refusal != null ? refusal : cause;
        }
        try {
            if (up || listener == null) {
                adapter.counters().increment(DisniCounter.CLOSED);
                handler.onDisconnected(this, why);
            } else {
                listener.failed(never);
            }
        } catch (RuntimeException e) {
            LOG.error("a handler of {} failed at its end", info.remote(), e);
        }
        adapter.job(() -> {
            resources.gone(id);
            adapter.members().remove(this);
        });
    }
}
