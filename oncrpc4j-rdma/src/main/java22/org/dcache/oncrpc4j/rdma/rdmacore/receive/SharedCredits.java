// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.receive;

import java.util.function.Consumer;
import org.dcache.oncrpc4j.rdma.rdmacore.loop.CompletionQueue;
import org.dcache.oncrpc4j.rdma.rdmacore.loop.PooledReceive;
import org.dcache.oncrpc4j.rdma.rdmacore.loop.ReceiveQueue;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;

/**
 * One connection's part of {@link SharedReceives}: how many messages its peer may still send. No device keeps a peer to that where receives
 * are shared, so it is counted here, and a peer that sends one more is found out at that message, which nobody sees.
 *
 * <p>Any thread posts; whoever polls the completion queue takes. It leaves the shared queue when the queue pair is destroyed, which is
 * after its completions were taken once more: what a driver has put into them belongs to a slot of the shared queue.
 */
public final class SharedCredits implements ReceiveQueue, SharedReceives.Member {

    private final SharedReceives shared;
    private final boolean saysLast;
    private final Consumer<VerbsException> failed;
    private final Runnable oversent;
    private volatile boolean last;

    // guarded by this
    private long credits;
    private boolean stopped;
    private boolean found;
    private boolean left;
    private boolean made;

    /**
     * Has joined.
     *
     * @param saysLast whether it does good to wait for the device to say that no more receives complete
     * @param failed when the shared queue is broken; on any thread, must only pass on
     * @param oversent when the peer has sent more than it may, once; on the thread that takes the completion
     */
    private SharedCredits(SharedReceives shared, boolean saysLast, Consumer<VerbsException> failed, Runnable oversent) {
        this.shared = shared;
        this.saysLast = saysLast;
        this.failed = failed;
        this.oversent = oversent;
    }

    /** Joins a queue. @return null when it takes no more connections */
    static SharedCredits join(SharedReceives shared, boolean saysLast, Consumer<VerbsException> failed, Runnable oversent) {
        SharedCredits credits = new SharedCredits(shared, saysLast, failed, oversent);
        return shared.join(credits) ? credits : null;
    }

    @Override
    public long shared() {
        return shared.address();
    }

    @Override
    public int depth() {
        return 0;
    }

    /** It never has more than the shared queue can hold, since a receive is posted only when another's completion was taken. */
    @Override
    public int mostCompletions() {
        return shared.capacity();
    }

    @Override
    public int toReserve(int receives) {
        return shared.missingWith(receives);
    }

    @Override
    public void open(long queuePair, int receives) {
        synchronized (this) {
            made = true;
        }
        post(receives);
        shared.watch();
    }

    @Override
    public synchronized void post(int count) {
        if (!stopped) {
            credits += count;
            shared.grant(count);
        }
    }

    @Override
    public PooledReceive completed(long wrId) {
        boolean credited;
        boolean tell;
        synchronized (this) {
            credited = credits > 0;
            if (credited) {
                credits--;
            }
            tell = !credited && !found;
            found |= !credited;
        }
        PooledReceive buffer = shared.take(wrId, credited);
        if (tell) {
            oversent.run();
        }
        return buffer;
    }

    @Override
    public void unused(PooledReceive buffer) {
        shared.pool().giveBack(buffer);
    }

    @Override
    public synchronized void stop() {
        stopped = true;
        found = true;
    }

    @Override
    public void lastReached() {
        last = true;
    }

    @Override
    public boolean isDrained() {
        return last || !saysLast;
    }

    @Override
    public void takeBack(CompletionQueue completions) {
        completions.takeReceives(wrId -> unused(completed(wrId)));
    }

    @Override
    public void queuePairGone(CompletionQueue completions) {
        takeBack(completions);
        drop();
    }

    @Override
    public void drop() {
        long unused;
        boolean inDoubt;
        synchronized (this) {
            if (left) {
                return;
            }
            left = true;
            stopped = true;
            unused = credits;
            inDoubt = made && !last;
        }
        shared.leave(this, unused, inDoubt);
    }

    @Override
    public void receivesFailed(VerbsException cause) {
        failed.accept(cause);
    }
}
