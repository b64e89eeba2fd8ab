// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.receive;

import java.util.List;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.rdmacore.device.RdmaCoreCounter;
import org.dcache.oncrpc4j.rdma.rdmacore.loop.PooledReceive;
import org.dcache.oncrpc4j.rdma.rdmacore.loop.ReceivePool;

/**
 * The receives that the device has, and how it gets them: buffers of a {@link ReceivePool} in chains, one native call each. Under its
 * owner's lock, but for what the owner is told when the pool has buffers again. A receive that the device refused stays in its slot until
 * {@link #close}, which is near then.
 */
final class PostedReceives {

    /** The native call. */
    interface Call {
        /** @return 0 or an errno */
        int post(long first, long bad);
    }

    private final ReceivePool pool;
    private final Call call;
    private final Counters counters;
    private final Runnable retry;
    private final ReceiveRequests requests = new ReceiveRequests();
    private final ReceiveSlots slots;
    private boolean waiting;

    /**
     * @param count receives that the device can have at most
     * @param retry run once when {@link #post} found too few buffers, and there are some again; begins with {@link #awake}
     */
    PostedReceives(ReceivePool pool, int count, Call call, Runnable retry, Counters counters) {
        this.pool = pool;
        this.call = call;
        this.retry = retry;
        this.counters = counters;
        this.slots = new ReceiveSlots(count);
    }

    int count() {
        return slots.posted();
    }

    /**
     * Posts so many, as far as the device can have them and there are buffers. @return 0, or the errno with which the device refused some
     */
    int post(long wanted) {
        int left = (int) Math.min(wanted, slots.free());
        while (left > 0) {
            int n = write(left);
            if (n == 0) {
                if (!waiting) {
                    waiting = true;
                    pool.await(retry);
                }
                return 0;
            }
            left -= n;
            counters.increment(RdmaCoreCounter.POST_RECV_CALLS);
            counters.add(RdmaCoreCounter.RECEIVES_POSTED, n);
            int errno = call.post(requests.end(), requests.bad());
            if (errno != 0) {
                return errno;
            }
        }
        return 0;
    }

    /** Writes a chain. @return how long it is */
    private int write(int wanted) {
        while (requests.count() < Math.min(wanted, ReceiveRequests.BATCH)) {
            PooledReceive buffer = pool.take();
            if (buffer == null) {
                break;
            }
            requests.add(slots.put(buffer), buffer, pool.size());
        }
        return requests.count();
    }

    /** The pool has buffers again. */
    void awake() {
        waiting = false;
    }

    /** The buffer of a completion. */
    PooledReceive take(long wrId) {
        return slots.take(wrId);
    }

    /** The device is done with all. @return the buffers that it had, to be given back outside the lock */
    List<PooledReceive> close() {
        requests.close();
        return slots.clear();
    }
}
