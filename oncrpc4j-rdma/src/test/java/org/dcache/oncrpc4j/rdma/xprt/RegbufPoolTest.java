// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.verbs.PeerClosedException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The budget of a pool: nothing beyond it, and all of it again for whoever needs it next. */
class RegbufPoolTest {

    private static final int BUDGET = 4 << 20;

    private final Engine engine = Engine.server();
    private final RegbufPool pool = new RegbufPool(engine.device.adapter(), BUDGET, engine.counters);

    @AfterEach
    void close() {
        assertThat(pool.inUse()).isZero();
        pool.close();
        engine.close();
    }

    /** All that there is of one size. */
    private List<Regbuf> drain(int size) {
        List<Regbuf> all = new ArrayList<>();
        for (Regbuf regbuf = pool.tryAcquire(size); regbuf != null; regbuf = pool.tryAcquire(size)) {
            all.add(regbuf);
            assertThat(pool.allocated()).isLessThanOrEqualTo(BUDGET);
        }
        return all;
    }

    @Test
    void memoryThatWasUsedUpBySmallBuffersIsThereForLargeOnesAgain() {
        for (int size : new int[] {4096, 1 << 20, 100_000, 140_000, 8192, 300_000, 4096}) {
            List<Regbuf> all = drain(size);
            assertThat(all).as("buffers of %d bytes", size).hasSizeGreaterThan(BUDGET / 2 / Math.max(size, 8192));
            all.forEach(Regbuf::release);
        }
    }

    @Test
    void aSlabOfWhichAnythingIsInUseStays() {
        List<Regbuf> all = drain(4096);
        Regbuf kept = all.remove(0);
        kept.memory().put(0, (byte) 77);
        all.forEach(Regbuf::release);
        List<Regbuf> large = drain(1 << 20);
        assertThat(large).isNotEmpty();
        large.forEach(r -> r.memory().put(0, (byte) 1));
        assertThat(kept.memory().get(0)).isEqualTo((byte) 77);
        long perLarge = large.get(0).capacity();
        assertThat(pool.allocated()).as("those and one slab of 256 KiB").isEqualTo(large.size() * perLarge + (256 << 10));
        kept.release();
        large.forEach(Regbuf::release);
        List<Regbuf> again = drain(4096);
        assertThat(again).as("nothing was counted twice, nothing lost").hasSize(BUDGET / 4096);
        again.forEach(Regbuf::release);
    }

    @Test
    void forgottenMemoryLeavesTheBudget() {
        for (int i = 0; i < 20; i++) {
            Regbuf regbuf = pool.tryAcquire(1 << 20);
            assertThat(regbuf).as("turn %d", i).isNotNull();
            assertThat(regbuf.isForgettable()).isTrue();
            regbuf.forget();
        }
        assertThat(pool.allocated()).isZero();
        assertThat(engine.counters.get(XprtCounter.REGBUF_FORGOTTEN)).isEqualTo(20);
    }

    @Test
    void whoeverWaitsIsServedWhenMemoryIsForgotten() {
        SinkQueue queue = new SinkQueue(pool, engine.counters, Runnable::run);
        List<Regbuf> all = drain(1 << 20);
        Waiting waiting = new Waiting(1 << 20);
        assertThat(queue.request(waiting)).isNull();
        all.remove(0).forget();
        assertThat(waiting.granted).isNotNull();
        waiting.granted.release();
        all.forEach(Regbuf::release);
    }

    @Test
    void aWaiterThatGaveUpDoesNotHoldUpThoseBehindIt() {
        SinkQueue queue = new SinkQueue(pool, engine.counters, Runnable::run);
        Regbuf half = pool.tryAcquire(2 << 20);
        Waiting large = new Waiting(3 << 20);
        Waiting small = new Waiting(1 << 20);
        assertThat(queue.request(large)).isNull();
        assertThat(queue.request(small)).as("first come, first served").isNull();
        large.cancelled = true;
        queue.drain();
        assertThat(large.granted).isNull();
        assertThat(small.granted).isNotNull();
        small.granted.release();
        half.release();
    }

    @Test
    void theEndOfAConnectionLetsThoseBehindItsCallsGoOn() {
        RegbufPool shared = engine.device.regbufs();
        List<Regbuf> most = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            most.add(shared.tryAcquire(16 << 20));
        }
        RdmaHeader call = Engine.header(1, 1, RdmaHeader.RDMA_NOMSG);
        call.addRead(0, 800, 1 << 20, 0);
        for (Regbuf regbuf = shared.tryAcquire(1 << 20); regbuf != null; regbuf = shared.tryAcquire(1 << 20)) {
            most.add(regbuf);
        }
        engine.receive(Engine.message(call, new byte[0]));
        assertThat(engine.counters.get(XprtCounter.SINK_WAITS)).isEqualTo(1);
        Waiting small = new Waiting(4096);
        assertThat(engine.device.sinks().request(small)).isNull();
        engine.qp.abort(new PeerClosedException("gone"));
        assertThat(small.granted).isNotNull();
        small.granted.release();
        most.forEach(Regbuf::release);
        assertThat(shared.inUse()).isZero();
    }

    private static final class Waiting implements SinkQueue.Waiter {
        private final int bytes;
        private boolean cancelled;
        private Regbuf granted;

        Waiting(int bytes) {
            this.bytes = bytes;
        }

        @Override
        public int bytes() {
            return bytes;
        }

        @Override
        public void granted(Regbuf sink) {
            granted = sink;
        }

        @Override
        public boolean cancelled() {
            return cancelled;
        }
    }
}
