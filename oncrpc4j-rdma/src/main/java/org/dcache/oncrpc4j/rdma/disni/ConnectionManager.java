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
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.verbs.AdapterClosedException;
import org.dcache.oncrpc4j.rdma.verbs.parts.LoopThread;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The event channel of librdmacm and the one thread that reads it. Events go to the {@link Target} that is registered for their identifier; targets are also
 * looked at every now and then, for their time-outs.
 *
 * <p>All identifiers are made by this thread, ahead of time: DiSNI keeps them in a map that has no lock, and getting an event looks into it. Nothing here
 * calls into librdmacm for a connection, since the event of a connection must never meet its identifier's destruction: that is the adapter's
 * job thread's alone.
 */
final class ConnectionManager {

    private static final Logger LOG = LoggerFactory.getLogger(ConnectionManager.class);

    /** Identifiers that lie ready. */
    private static final int SPARE = 16;

    private static final int WAIT_MILLIS = 50;

    /** Whose identifier it is. On the manager's thread; must not block. */
    interface Target {

        /** @param connection the identifier of the event, for a connection request a new one */
        void event(RdmaCmEvent.EventType type, RdmaCmId connection);

        /** Every {@value #WAIT_MILLIS} ms or oftener. */
        void look(long now);
    }

    private final Counters counters;
    private final RdmaEventChannel channel;
    private final BlockingQueue<RdmaCmId> spare = new LinkedBlockingQueue<>();
    private final Map<RdmaCmId, Target> targets = new ConcurrentHashMap<>();
    private final LoopThread thread;
    private volatile boolean closed;

    ConnectionManager(Counters counters) throws IOException {
        this.counters = counters;
        this.channel = RdmaEventChannel.createEventChannel();
        if (channel == null) {
            throw new IOException("librdmacm makes no event channel");
        }
        this.thread = new LoopThread("rdma-disni events", this::run, null);
        thread.start();
    }

    /** A new identifier, which belongs to the caller. May wait for a moment. */
    RdmaCmId newId() throws IOException {
        try {
            while (!closed) {
                RdmaCmId id = spare.poll(WAIT_MILLIS, java.util.concurrent.TimeUnit.MILLISECONDS);
                if (id != null) {
                    return id;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        throw new AdapterClosedException("the DiSNI adapter is closed");
    }

    void register(RdmaCmId id, Target target) {
        targets.put(id, target);
    }

    void unregister(RdmaCmId id) {
        targets.remove(id);
    }

    private void run() {
        while (!closed) {
            try {
                while (spare.size() < SPARE) {
                    spare.add(channel.createId(RdmaCm.RDMA_PS_TCP));
                }
                RdmaCmEvent event = channel.getCmEvent(WAIT_MILLIS);
                if (event != null) {
                    deliver(event);
                }
            } catch (IOException | RuntimeException e) {
                // Also when a listener was closed while a request for it was on its way through DiSNI.
                counters.increment(DisniCounter.EVENT_LOST);
                LOG.debug("an event was lost", e);
            }
            long now = System.nanoTime();
            targets.values().forEach(target -> target.look(now));
        }
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
