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
import org.dcache.oncrpc4j.rdma.verbs.ConnectListener;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionInfo;
import org.dcache.oncrpc4j.rdma.verbs.Exposure;
import org.dcache.oncrpc4j.rdma.verbs.MemorySource;
import org.dcache.oncrpc4j.rdma.verbs.QueuePairHandler;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.dcache.oncrpc4j.rdma.verbs.error.AdapterClosedException;
import org.dcache.oncrpc4j.rdma.verbs.error.ConnectionClosedException;
import org.dcache.oncrpc4j.rdma.verbs.error.HandshakeException;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerClosedException;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerResetException;
import org.dcache.oncrpc4j.rdma.verbs.error.ProtocolViolationException;
import org.dcache.oncrpc4j.rdma.verbs.error.ResourceLimitException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;
import org.dcache.oncrpc4j.rdma.verbs.parts.LateRequests;
import org.dcache.oncrpc4j.rdma.verbs.parts.LoopQueuePair;
import org.dcache.oncrpc4j.rdma.verbs.parts.Members;
import org.dcache.oncrpc4j.rdma.verbs.parts.Timer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection, from the moment it has a queue pair, which may be before it is up. Its loop is its {@link Poller}.
 *
 * <p>It ends as {@link LoopQueuePair} says; a good end waits until all that was posted has been acknowledged. Then, as a job: nothing is
 * posted any more, the connection is cut, the queue pair destroyed, the exposures and receives are unregistered, the domain goes; then, on
 * the loop: the requests that are left fail, fences are reported, the handler hears of the end; then, as a job again, the identifier goes.
 */
final class DisniQueuePair extends LoopQueuePair implements ConnectionManager.Target, Poller.Member {

    private static final Logger LOG = LoggerFactory.getLogger(DisniQueuePair.class);

    /** After a flushed request: time for the connection manager to say what happened. */
    private static final long FLUSH_MILLIS = 500;

    /** Exposures of one connection; a client's calls need a few each. */
    private static final int MAX_EXPOSURES = 1 << 16;

    private final DisniAdapter adapter;
    private final RdmaCmId id;
    private final Resources resources;
    private final Opening opening;
    private final ConnectionInfo info;
    private final Set<DisniExposure> exposures = ConcurrentHashMap.newKeySet();
    private final LateRequests late = new LateRequests();

    // guarded by this
    private int exposing;

    // of the loop
    private boolean up;
    private IOException refusal;
    private Timer flushed;

    DisniQueuePair(DisniAdapter adapter, RdmaCmId id, Resources resources, QueuePairHandler handler, Opening opening, ConnectionInfo info) {
        super(resources.poller(), handler, adapter.counters(), DisniCounter.HANDLER_FAILED, DisniCounter.CLOSE_TIMEOUT);
        this.adapter = adapter;
        this.id = id;
        this.resources = resources;
        this.opening = opening;
        this.info = info;
    }

    /** On the job thread, before anything can happen to it: takes the place of the handshake that made it. */
    void start(Members.Member handshake) {
        adapter.members().replace(handshake, this);
        adapter.manager().register(id, this);
        execute(() -> resources.poller().add(resources.number(), this));
    }

    @Override
    public ConnectionInfo info() {
        return info;
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
            refused(e);
        }
    }

    @Override
    public void postSend(WorkRequest chain) {
        try {
            if (!resources.sends().post(chain)) {
                late.fail(chain, request -> tellCompleted(request, false));
            }
        } catch (VerbsException e) {
            refused(e);
        }
    }

    /** The device does not take what is posted. */
    private void refused(VerbsException e) {
        adapter.counters().increment(DisniCounter.POST_FAILED);
        abort(e);
    }

    @Override
    public void completed(IbvWC entry) {
        try {
            if (entry.getStatus() != Completions.SUCCESS) {
                broken(entry.getStatus());
            } else if ((entry.getWr_id() & ReceiveQueue.MARK) != 0) {
                established();
                if (isOpen()) {
                    tellReceived(resources.receives().received(entry.getWr_id(), entry.getByte_len()));
                }
            } else {
                resources.sends().completed(entry.getWr_id()).forEach(request -> tellCompleted(request, true));
                resources.sends().resume();
                if (isDraining()) {
                    finish();
                }
            }
        } catch (VerbsException e) {
            refused(e);
        }
    }

    private void broken(int status) {
        if (isTornDown()) {
            return;
        }
        if (status != Completions.FLUSHED) {
            adapter.counters().increment(DisniCounter.COMPLETION_ERROR);
            endNow(Completions.cause(status));
        } else if (flushed == null) {
            flushed = resources.poller().schedule(FLUSH_MILLIS, () -> {
                if (up) {
                    endNow(new ProtocolViolationException(
                            "the queue pair failed: the peer broke the rules of the protocol, or the device did"));
                }
            });
        }
    }

    @Override
    public void takingFailed(Throwable problem) {
        failed("at a completion", problem);
    }

    @Override
    public void givenUp(VerbsException fault) {
        endNow(fault);
    }

    // ---- memory

    @Override
    public boolean exposesAtOnce(int pieces) {
        return false;
    }

    @Override
    public Exposure expose(MemorySource memory, Access access) throws VerbsException {
        synchronized (this) {
            if (!isOpen()) {
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
                execute(() -> guarded("at a fence", exposure::freed));
            } else {
                // Only the end of the queue pair is certain to end the peer's access.
                abort(new ResourceLimitException("the system does not end a registration of memory that the peer could reach"));
            }
        });
    }

    // ---- coming up

    /** Loop; idempotent: the first message may be seen before the event. */
    private void established() {
        if (!up && isOpen()) {
            up = true;
            adapter.counters().increment(DisniCounter.ESTABLISHED);
            tellEstablished();
            opening.up(this);
        }
    }

    /** Loop: to who asked for it. */
    void connected(ConnectListener listener) {
        tellConnected(listener);
    }

    @Override
    public void event(RdmaCmEvent.EventType type, RdmaCmId connection) {
        switch (type) {
            case RDMA_CM_EVENT_ESTABLISHED -> execute(this::established);
            // What came before it is delivered first.
            case RDMA_CM_EVENT_DISCONNECTED -> execute(this::peerClosed);
            case RDMA_CM_EVENT_REJECTED -> refuse(DisniCounter.PEER_REJECTED,
                    new ConnectException("Connection refused: " + info.remote() + " does not accept RDMA connections there, or not ours"));
            case RDMA_CM_EVENT_CONNECT_ERROR, RDMA_CM_EVENT_UNREACHABLE -> refuse(DisniCounter.HANDSHAKE_FAILED,
                    new HandshakeException("no RDMA connection with " + info.remote() + ": " + type));
            case RDMA_CM_EVENT_DEVICE_REMOVAL -> {
                adapter.counters().increment(DisniCounter.DEVICE_REMOVED);
                abort(new AdapterClosedException("the RDMA device was removed"));
            }
            default -> LOG.debug("{} of {}", type, info.remote());
        }
    }

    private void peerClosed() {
        resources.poller().drain();
        if (!up) {
            refuseNow(DisniCounter.HANDSHAKE_FAILED, new PeerResetException(info.remote() + " ended the handshake"));
            return;
        }
        if (isOpen()) {
            adapter.counters().increment(DisniCounter.PEER_CLOSED);
        }
        endNow(new PeerClosedException("the peer closed the connection"));
    }

    /** Any thread: the connection does not come up, unless it has. @param why counted then, null for none */
    void refuse(DisniCounter why, IOException cause) {
        execute(() -> refuseNow(why, cause));
    }

    private void refuseNow(DisniCounter why, IOException cause) {
        if (!up && isOpen()) {
            if (why != null) {
                adapter.counters().increment(why);
            }
            refusal = cause;
            endNow(cause instanceof VerbsException verbs ? verbs : new HandshakeException(cause.getMessage(), cause));
        }
    }

    // ---- ending

    /** Loop, also after completions. */
    @Override
    protected void finish() {
        resources.sends().closing();
        if (!up || resources.sends().isIdle()) {
            tearDown();
        }
    }

    @Override
    protected void teardown() {
        if (flushed != null) {
            flushed.cancel();
        }
        adapter.job(this::cut);
    }

    /** On the job thread: nobody can reach our memory after this. */
    private void cut() {
        try {
            awaitExposing();
            resources.cut(id, exposures);
        } finally {
            execute(this::ended);
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

    private void ended() {
        resources.poller().remove(resources.number());
        resources.sends().takeAll().forEach(request -> tellCompleted(request, false));
        exposures.forEach(exposure -> guarded("at a fence", exposure::freed));
        exposures.clear();
        if (up || opening.notUp(refusal != null ? refusal : cause())) {
            adapter.counters().increment(DisniCounter.CLOSED);
            tellEnd();
        }
        adapter.job(() -> {
            resources.release(id);
            adapter.members().remove(this);
        });
    }
}
