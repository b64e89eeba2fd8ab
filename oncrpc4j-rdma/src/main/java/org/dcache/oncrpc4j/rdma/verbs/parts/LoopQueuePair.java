// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs.parts;

import java.util.concurrent.atomic.AtomicReference;
import org.dcache.oncrpc4j.rdma.metrics.CounterName;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.verbs.Awaited;
import org.dcache.oncrpc4j.rdma.verbs.ConnectListener;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionInfo;
import org.dcache.oncrpc4j.rdma.verbs.QueuePair;
import org.dcache.oncrpc4j.rdma.verbs.QueuePairHandler;
import org.dcache.oncrpc4j.rdma.verbs.ReceiveBuffer;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.dcache.oncrpc4j.rdma.verbs.error.AdapterClosedException;
import org.dcache.oncrpc4j.rdma.verbs.error.ConnectionClosedException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The part of a queue pair that is the same for every provider: how it ends, and how its handler is called. A provider's queue pair extends
 * it, so that a completion costs nothing for passing through here.
 *
 * <p>The end is decided once, by whoever gives a cause first, on any thread; the rest is the loop's. {@link #disconnect} has the provider
 * {@link #finish} what was posted, for a bounded time; {@link #abort} does not wait. Then {@link #teardown} comes, once, and leads to
 * {@link #tellEnd}, perhaps later. A handler that throws, whatever and where, ends its connection with that as the cause; it is counted,
 * logged once for each connection, and nobody else is harmed.
 */
public abstract class LoopQueuePair implements QueuePair, Members.Member {

    /** How long posted work may take to complete when the connection ends in good order. */
    private static final long DRAIN_MILLIS = 5000;

    private static final Logger LOG = LoggerFactory.getLogger(LoopQueuePair.class);

    private final LoopWork loop;
    private final QueuePairHandler handler;
    private final Counters counters;
    private final CounterName failures;
    private final CounterName overdue;
    private final AtomicReference<VerbsException> end = new AtomicReference<>();
    private volatile boolean logged;

    // of the loop
    private Timer drain;
    private boolean tornDown;

    /**
     * @param failures counts what the handler throws
     * @param overdue counts ends in good order that took too long
     */
    protected LoopQueuePair(LoopWork loop, QueuePairHandler handler, Counters counters, CounterName failures, CounterName overdue) {
        this.loop = loop;
        this.handler = handler;
        this.counters = counters;
        this.failures = failures;
        this.overdue = overdue;
    }

    // ---- the end

    @Override
    public final boolean isOpen() {
        return end.get() == null;
    }

    @Override
    public final void disconnect(VerbsException cause) {
        if (decide(cause)) {
            loop.execute(() -> {
                if (!tornDown) {
                    limitDraining();
                    finish();
                }
            });
        }
    }

    @Override
    public final void abort(VerbsException cause) {
        decide(cause);
        loop.execute(this::tearDown);
    }

    @Override
    public final void adapterClosed() {
        abort(new AdapterClosedException("the adapter was closed"));
    }

    /** Null while it is open. */
    protected final VerbsException cause() {
        return end.get();
    }

    /** Any thread: the connection ends with this cause, unless there is one. @return whether there was none */
    protected final boolean decide(VerbsException cause) {
        return end.compareAndSet(null, cause);
    }

    /** Loop: it ends with this cause, unless there is one, and waits for nothing. */
    protected final void endNow(VerbsException cause) {
        decide(cause);
        tearDown();
    }

    /** Loop: what is still to be done before the teardown gets a bounded time. */
    protected final void limitDraining() {
        if (drain == null) {
            drain = loop.schedule(DRAIN_MILLIS, () -> {
                if (!tornDown) {
                    counters.increment(overdue);
                    tearDown();
                }
            });
        }
    }

    /** Loop: whether it ends in good order, and what was posted before is not done yet. */
    protected final boolean isDraining() {
        return drain != null && !tornDown;
    }

    protected final boolean isTornDown() {
        return tornDown;
    }

    /** Loop: what the handler expects of the peer. */
    protected final Awaited handlerAwaits() {
        return handler.awaited();
    }

    /** Loop: no more is waited for. */
    protected final void tearDown() {
        if (!tornDown) {
            tornDown = true;
            if (drain != null) {
                drain.cancel();
            }
            teardown();
        }
    }

    /** Loop, before the {@link #teardown}: does what was posted, then calls {@link #tearDown}, now or later. */
    protected abstract void finish();

    /** Loop, once: lets go of the network; what was posted completes, exposures end, then it calls {@link #tellEnd}, now or later. */
    protected abstract void teardown();

    // ---- calls of the handler

    /** Loop. */
    protected final void tellEstablished() {
        try {
            handler.onEstablished(this);
        } catch (Throwable e) {
            failed("when it came up", e);
        }
    }

    /** Loop: to who asked for the connection, after {@link #tellEstablished}. */
    protected final void tellConnected(ConnectListener listener) {
        try {
            listener.connected(this);
        } catch (Throwable e) {
            failed("when it came up", e);
        }
    }

    /** Loop. The buffer is the handler's. */
    protected final void tellReceived(ReceiveBuffer buffer) {
        try {
            handler.onReceive(this, buffer);
        } catch (Throwable e) {
            failed("at a message", e);
        }
    }

    /** On the thread that the request's kind asks for. Nobody hears of one that is not signalled. */
    protected final void tellCompleted(WorkRequest request, boolean ok) {
        if (request.isSignaled()) {
            try {
                if (request.opcode() == WorkRequest.Opcode.RDMA_READ) {
                    handler.onReadCompletion(this, request, ok);
                } else {
                    handler.onSendCompletion(this, request, ok);
                }
            } catch (Throwable e) {
                failed("at the completion of a request", e);
            }
        }
    }

    /** Loop, last and once. */
    protected final void tellEnd() {
        try {
            handler.onDisconnected(this, end.get());
        } catch (Throwable e) {
            failed("at its end", e);
        }
    }

    /**
     * Anything else in which code of the upper layer may run, such as a fence or a memory source: what comes after it is done in any case.
     */
    protected final void guarded(String where, Runnable step) {
        try {
            step.run();
        } catch (Throwable e) {
            failed(where, e);
        }
    }

    /** Any thread: something of the upper layer's threw, or of the provider's on behalf of this connection. */
    protected final void failed(String where, Throwable e) {
        counters.increment(failures);
        ConnectionInfo info = info();
        Object peer = info == null ? "a peer" : info.remote();
        // First: to log may fail as that did, for want of memory.
        abort(new ConnectionClosedException("the connection with " + peer + " failed " + where + ": " + e, e));
        if (!logged) {
            logged = true;
            LOG.error("the connection with {} failed {}", peer, where, e);
        }
    }
}
