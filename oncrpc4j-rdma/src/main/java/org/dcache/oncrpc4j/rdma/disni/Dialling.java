// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.disni;

import com.ibm.disni.util.MemoryUtils;
import com.ibm.disni.verbs.RdmaCmEvent;
import com.ibm.disni.verbs.RdmaCmId;
import com.ibm.disni.verbs.RdmaConnParam;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.verbs.AdapterClosedException;
import org.dcache.oncrpc4j.rdma.verbs.ConnectListener;
import org.dcache.oncrpc4j.rdma.verbs.ConnectOptions;
import org.dcache.oncrpc4j.rdma.verbs.HandshakeTimeoutException;
import org.dcache.oncrpc4j.rdma.verbs.QueuePairHandler;
import org.dcache.oncrpc4j.rdma.verbs.parts.Members;

/**
 * A connection that our side wants, until it has a queue pair: the peer's address is resolved, then the route. All calls are jobs, one after the other; what
 * the connection manager or the clock says in between only makes a next job, and the first failure ends it.
 */
final class Dialling implements ConnectionManager.Target, Members.Member {

    /** Retransmissions before a peer counts as gone; InfiniBand's largest. */
    private static final byte RETRIES = 7;

    private final DisniAdapter adapter;
    private final InetSocketAddress remote;
    private final ConnectOptions options;
    private final QueuePairHandler handler;
    private final ConnectListener listener;
    private final long deadline;

    /** On the job thread. */
    private RdmaCmId id;
    private boolean over;

    Dialling(DisniAdapter adapter, InetSocketAddress remote, ConnectOptions options, QueuePairHandler handler, ConnectListener listener) {
        this.adapter = adapter;
        this.remote = remote;
        this.options = options;
        this.handler = handler;
        this.listener = listener;
        this.deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(options.timeoutMillis());
    }

    private interface Step {
        void run() throws IOException;
    }

    private void step(Step step) {
        adapter.job(() -> {
            if (!over) {
                try {
                    step.run();
                } catch (IOException | RuntimeException e) {
                    adapter.counters().increment(DisniCounter.HANDSHAKE_FAILED);
                    failed(e instanceof IOException io ? io : new IOException("cannot connect to " + remote, e));
                }
            }
        });
    }

    private int millisLeft() {
        return (int) Math.max(1, Math.min(Integer.MAX_VALUE, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime())));
    }

    void start() {
        step(() -> {
            id = adapter.manager().newId();
            adapter.manager().register(id, this);
            if (options.local() != null) {
                id.bindAddr(options.local());
            }
            id.resolveAddr(null, remote, millisLeft());
        });
    }

    @Override
    public void event(RdmaCmEvent.EventType type, RdmaCmId connection) {
        switch (type) {
            case RDMA_CM_EVENT_ADDR_RESOLVED -> step(() -> id.resolveRoute(millisLeft()));
            case RDMA_CM_EVENT_ROUTE_RESOLVED -> step(this::connect);
            default -> step(() -> {
                adapter.counters().increment(DisniCounter.HANDSHAKE_FAILED);
                failed(new NoRouteToHostException("no RDMA device leads to " + remote.getAddress().getHostAddress() + ": " + type));
            });
        }
    }

    private void connect() throws IOException {
        Resources resources = Resources.make(adapter, id, true, options);
        DisniQueuePair queuePair = new DisniQueuePair(adapter, id, resources, handler, listener, adapter.info(id, remote, options), deadline);
        adapter.members().replace(this, queuePair);
        over = true;
        adapter.manager().register(id, queuePair);
        resources.poller().execute(() -> resources.poller().add(resources.number(), queuePair));
        try {
            RdmaConnParam parameters = parameters();
            ByteBuffer data = ByteBuffer.allocateDirect(Math.max(1, options.privateData().length)).put(0, options.privateData());
            parameters.setPrivate_data(MemoryUtils.getAddress(data));
            parameters.setPrivate_data_len((byte) options.privateData().length);
            id.connect(parameters);
            data.clear();
        } catch (IOException e) {
            adapter.counters().increment(DisniCounter.HANDSHAKE_FAILED);
            queuePair.refuse(e);
        }
    }

    /** No retries for a receiver that is not ready: without a receive the connection ends, as on any other provider. */
    static RdmaConnParam parameters() throws IOException {
        RdmaConnParam parameters = new RdmaConnParam();
        parameters.setRetry_count(RETRIES);
        parameters.setRnr_retry_count((byte) 0);
        return parameters;
    }

    @Override
    public void look(long now) {
        if (now - deadline > 0) {
            step(() -> {
                adapter.counters().increment(DisniCounter.HANDSHAKE_TIMEOUT);
                failed(new HandshakeTimeoutException("no RDMA connection with " + remote + " within " + options.timeoutMillis() + " ms"));
            });
        }
    }

    @Override
    public void adapterClosed() {
        step(() -> failed(new AdapterClosedException("the DiSNI adapter was closed")));
    }

    /** On the job thread. */
    private void failed(IOException cause) {
        over = true;
        if (id != null) {
            adapter.manager().unregister(id);
            Resources.quietly("destroy the identifier", id::destroyId);
        }
        listener.failed(cause);
        adapter.members().remove(this);
    }
}
