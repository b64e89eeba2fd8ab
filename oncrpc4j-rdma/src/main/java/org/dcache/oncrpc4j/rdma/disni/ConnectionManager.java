// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.disni;

import com.ibm.disni.verbs.RdmaCm;
import com.ibm.disni.verbs.RdmaCmEvent;
import com.ibm.disni.verbs.RdmaCmId;
import com.ibm.disni.verbs.RdmaEventChannel;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.verbs.error.AdapterClosedException;
import org.dcache.oncrpc4j.rdma.verbs.error.ResourceLimitException;
import org.dcache.oncrpc4j.rdma.verbs.parts.LoopThread;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The event channel of librdmacm and the one thread that reads it. Events go to the {@link Target} that is registered for their identifier.
 * What is thrown loses one event at most.
 *
 * <p>All identifiers are made by this thread, ahead of time: DiSNI keeps them in a map that has no lock, and getting an event looks into
 * it. Nothing here calls into librdmacm for a connection, since the event of a connection must never meet its identifier's destruction:
 * that is the adapter's job thread's alone.
 */
final class ConnectionManager {

    private static final Logger LOG = LoggerFactory.getLogger(ConnectionManager.class);

    /** Identifiers that lie ready. */
    private static final int SPARE = 16;

    private static final int WAIT_MILLIS = 50;

    /** How long one may be waited for. */
    private static final int NEW_ID_MILLIS = 5000;

    /** Whose identifier it is. On the manager's thread; must not block. */
    interface Target {

        /** @param connection the identifier of the event, for a connection request a new one */
        void event(RdmaCmEvent.EventType type, RdmaCmId connection);
    }

    private final Counters counters;
    private final RdmaEventChannel channel;
    private final BlockingQueue<RdmaCmId> spare = new LinkedBlockingQueue<>();
    private final Map<RdmaCmId, Target> targets = new ConcurrentHashMap<>();
    private final LoopThread thread;
    private volatile Exception problem;
    private volatile boolean closed;

    ConnectionManager(Counters counters) throws IOException {
        this.counters = counters;
        this.channel = RdmaEventChannel.createEventChannel();
        if (channel == null) {
            throw new IOException("librdmacm makes no event channel");
        }
        this.thread = LoopThread.of("rdma-disni events", this::run, null);
        thread.start();
    }

    /** A new identifier, which belongs to the caller. May wait for a moment. */
    RdmaCmId newId() throws IOException {
        try {
            for (int waited = 0; waited < NEW_ID_MILLIS && !closed; waited += WAIT_MILLIS) {
                RdmaCmId id = spare.poll(WAIT_MILLIS, TimeUnit.MILLISECONDS);
                if (id != null) {
                    return id;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        throw closed ? new AdapterClosedException("the DiSNI adapter is closed")
                : new ResourceLimitException("librdmacm makes no identifiers for connections", problem);
    }

    void register(RdmaCmId id, Target target) {
        targets.put(id, target);
    }

    void unregister(RdmaCmId id) {
        targets.remove(id);
    }

    private void run() {
        boolean failedBefore = false;
        while (!closed) {
            try {
                makeSpare();
                RdmaCmEvent event = channel.getCmEvent(WAIT_MILLIS);
                if (event != null) {
                    deliver(event);
                }
                failedBefore = false;
            } catch (Throwable e) {
                // Also when a listener was closed while a request for it was on its way through DiSNI.
                counters.increment(DisniCounter.EVENT_LOST);
                LOG.debug("an event was lost", e);
                if (failedBefore) {
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(WAIT_MILLIS));
                }
                failedBefore = true;
            }
        }
    }

    private void makeSpare() {
        try {
            while (spare.size() < SPARE) {
                spare.add(channel.createId(RdmaCm.RDMA_PS_TCP));
            }
            problem = null;
        } catch (IOException | RuntimeException e) {
            if (problem == null) {
                LOG.warn("librdmacm makes no identifiers for connections", e);
            }
            problem = e;
        }
    }

    /** Whether the caller is on its thread. */
    boolean inLoop() {
        return thread.isCurrent();
    }

    private void deliver(RdmaCmEvent event) {
        RdmaCmEvent.EventType[] types = RdmaCmEvent.EventType.values();
        if (event.getEvent() < 0 || event.getEvent() >= types.length) {
            return;
        }
        RdmaCmEvent.EventType type = types[event.getEvent()];
        RdmaCmId id = type == RdmaCmEvent.EventType.RDMA_CM_EVENT_CONNECT_REQUEST ? event.getListenIdPriv() : event.getConnIdPriv();
        Target target = id == null ? null : targets.get(id);
        if (target != null) {
            target.event(type, event.getConnIdPriv());
        }
    }

    /** When no identifier is in use any more. Not on its thread. */
    void close() throws IOException {
        closed = true;
        thread.awaitEnd();
        for (RdmaCmId id = spare.poll(); id != null; id = spare.poll()) {
            id.destroyId();
        }
        channel.destroyEventChannel();
    }
}
