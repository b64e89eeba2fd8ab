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
import org.dcache.oncrpc4j.rdma.verbs.ConnectListener;
import org.dcache.oncrpc4j.rdma.verbs.ConnectOptions;
import org.dcache.oncrpc4j.rdma.verbs.QueuePairHandler;
import org.dcache.oncrpc4j.rdma.verbs.error.AdapterClosedException;
import org.dcache.oncrpc4j.rdma.verbs.error.HandshakeException;
import org.dcache.oncrpc4j.rdma.verbs.error.HandshakeTimeoutException;
import org.dcache.oncrpc4j.rdma.verbs.parts.Members;
import org.dcache.oncrpc4j.rdma.verbs.parts.Timer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection that our side wants: the peer's address is resolved, then the route, then it has a queue pair, which tells what becomes of
 * it. All calls are jobs, one after the other; what the connection manager or the clock says in between only makes a next job, and the
 * first failure ends it.
 */
final class Dialling implements ConnectionManager.Target, Members.Member, Opening {

    private static final Logger LOG = LoggerFactory.getLogger(Dialling.class);

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
    private DisniQueuePair queuePair;
    private Timer timer;
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
                } catch (IOException | RuntimeException | Error e) {
                    adapter.counters().increment(DisniCounter.HANDSHAKE_FAILED);
                    failed(e instanceof IOException io ? io : new IOException("cannot connect to " + remote, e));
                }
            }
        });
    }

    private void tooLate() {
        HandshakeTimeoutException cause = new HandshakeTimeoutException("no RDMA connection with " + remote + " within "
                + options.timeoutMillis() + " ms");
        if (queuePair != null) {
            queuePair.refuse(DisniCounter.HANDSHAKE_TIMEOUT, cause);
        } else if (!over) {
            adapter.counters().increment(DisniCounter.HANDSHAKE_TIMEOUT);
            failed(cause);
        }
    }

    private int millisLeft() {
        return (int) Math.max(1, Math.min(Integer.MAX_VALUE, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime())));
    }

    void start() {
        step(() -> {
            timer = adapter.jobs().schedule(options.timeoutMillis(), this::tooLate);
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
        queuePair = new DisniQueuePair(adapter, id, resources, handler, this, adapter.info(id, remote, options));
        over = true;
        queuePair.start(this);
        try {
            RdmaConnParam parameters = parameters();
            ByteBuffer data = ByteBuffer.allocateDirect(Math.max(1, options.privateData().length)).put(0, options.privateData());
            parameters.setPrivate_data(MemoryUtils.getAddress(data));
            parameters.setPrivate_data_len((byte) options.privateData().length);
            id.connect(parameters);
            data.clear();
        } catch (IOException e) {
            queuePair.refuse(DisniCounter.HANDSHAKE_FAILED, e);
        } catch (RuntimeException | Error e) {
            queuePair.refuse(DisniCounter.HANDSHAKE_FAILED, new HandshakeException("cannot connect to " + remote + ": " + e, e));
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
    public void up(DisniQueuePair connection) {
        connection.connected(listener);
        adapter.job(timer::cancel);
    }

    @Override
    public boolean notUp(IOException cause) {
        adapter.job(timer::cancel);
        tell(cause);
        return false;
    }

    private void tell(IOException cause) {
        try {
            listener.failed(cause);
        } catch (Throwable e) {
            adapter.counters().increment(DisniCounter.HANDLER_FAILED);
            LOG.error("the listener of a connect to {} failed", remote, e);
        }
    }

    @Override
    public void adapterClosed() {
        step(() -> failed(new AdapterClosedException("the DiSNI adapter was closed")));
    }

    /** On the job thread. */
    private void failed(IOException cause) {
        over = true;
        // Closing the adapter may overtake the start.
        if (timer != null) {
            timer.cancel();
        }
        if (id != null) {
            adapter.manager().unregister(id);
            Resources.quietly("destroy the identifier", id::destroyId);
        }
        tell(cause);
        adapter.members().remove(this);
    }
}
