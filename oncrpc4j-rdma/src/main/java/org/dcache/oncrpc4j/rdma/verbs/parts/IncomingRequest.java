// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs.parts;

import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicBoolean;
import org.dcache.oncrpc4j.rdma.metrics.CounterName;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.verbs.ConnectOptions;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionRequest;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionRequestHandler;
import org.dcache.oncrpc4j.rdma.verbs.QueuePairHandler;
import org.dcache.oncrpc4j.rdma.verbs.error.AdapterClosedException;
import org.dcache.oncrpc4j.rdma.verbs.error.ConnectionClosedException;
import org.dcache.oncrpc4j.rdma.verbs.error.HandshakeException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The part of a peer's connection request that is the same for every provider: it is answered once, from any thread, and the answer is
 * carried out on the loop; it has a bounded time; it ends with its adapter and with its listener, of whose {@link Members} it is one until
 * it has come up or {@linkplain #finish is over}. So when these are all gone, the listener's handler is not called again and no connection
 * of it comes up.
 *
 * <p>A handler that throws without an answer has rejected it; an answer that cannot be carried out ends it. Both are counted and logged.
 */
public abstract class IncomingRequest implements ConnectionRequest, Members.Member {

    private static final byte[] NOTHING = new byte[0];

    private static final Logger LOG = LoggerFactory.getLogger(IncomingRequest.class);

    private final LoopWork loop;
    private final Members adapter;
    private final Members listener;
    private final Members.Member ofListener = () -> end(new ConnectionClosedException("the listener was closed"));
    private final Counters counters;
    private final CounterName failures;
    private final InetSocketAddress local;
    private final InetSocketAddress remote;
    private final AtomicBoolean answered = new AtomicBoolean();

    // of the loop
    private Timer timer;
    private boolean over;

    /** @param failures counts what the handler throws */
    protected IncomingRequest(LoopWork loop, Members adapter, Members listener, Counters counters, CounterName failures,
            InetSocketAddress local, InetSocketAddress remote) {
        this.loop = loop;
        this.adapter = adapter;
        this.listener = listener;
        this.counters = counters;
        this.failures = failures;
        this.local = local;
        this.remote = remote;
    }

    /**
     * From now on it is told when adapter or listener close. @return false when one of them is closing: it must not start, and is to be
     * removed from the adapter as at its end
     */
    public final boolean join() {
        return adapter.add(this) && listener.add(ofListener);
    }

    @Override
    public final InetSocketAddress localAddress() {
        return local;
    }

    @Override
    public final InetSocketAddress remoteAddress() {
        return remote;
    }

    @Override
    public final void accept(ConnectOptions options, QueuePairHandler handler) {
        answer(() -> accepted(options, handler));
    }

    @Override
    public final void reject(byte[] privateData) {
        answer(() -> rejectUnlessOver(privateData));
    }

    private void answer(Runnable action) {
        if (!claim()) {
            throw new IllegalStateException("the connection request of " + remote + " was answered already");
        }
        loop.execute(() -> {
            try {
                action.run();
            } catch (Throwable e) {
                failed("an answer to", e);
                fail(new HandshakeException("the answer to the connection request of " + remote + " cannot be carried out: " + e, e));
            }
        });
    }

    /** Takes the answer away from the handler. @return false when it was given, or taken away before */
    protected final boolean claim() {
        return answered.compareAndSet(false, true);
    }

    private void rejectUnlessOver(byte[] privateData) {
        if (!over) {
            rejected(privateData);
        }
    }

    /** Loop: {@code tooLate} runs unless it comes up or is over within this time. */
    protected final void limit(long millis, Runnable tooLate) {
        timer = loop.schedule(millis, () -> {
            if (!over) {
                tooLate.run();
            }
        });
    }

    /** Loop: asks the upper layer. */
    protected final void ask(ConnectionRequestHandler handler) {
        if (over) {
            return;
        }
        try {
            handler.onConnectionRequest(this);
        } catch (Throwable e) {
            failed("the handler of", e);
            if (claim()) {
                rejectUnlessOver(NOTHING);
            }
        }
    }

    private void failed(String what, Throwable e) {
        counters.increment(failures);
        LOG.error("{} the connection request of {} failed", what, remote, e);
    }

    /** Loop: it comes up, in this task, which must not throw. */
    protected final void comesUp(Runnable established) {
        close();
        try {
            established.run();
        } finally {
            leave();
        }
    }

    /** Loop: it will not come up. @return false when it has, or was over before */
    protected final boolean finish() {
        if (over) {
            return false;
        }
        close();
        leave();
        return true;
    }

    private void close() {
        over = true;
        if (timer != null) {
            timer.cancel();
        }
    }

    /** Any thread: the listener need not wait for it any more. */
    protected final void leave() {
        listener.remove(ofListener);
    }

    protected final boolean isOver() {
        return over;
    }

    @Override
    public final void adapterClosed() {
        end(new AdapterClosedException("the adapter was closed"));
    }

    private void end(VerbsException cause) {
        loop.execute(() -> fail(cause));
    }

    /** Loop: the upper layer accepts, perhaps after the end. */
    protected abstract void accepted(ConnectOptions options, QueuePairHandler handler);

    /** Loop: the upper layer refuses, or could not answer. */
    protected abstract void rejected(byte[] privateData);

    /** Loop: it cannot come up, if it has not; may come more than once. */
    protected abstract void fail(VerbsException cause);
}
