// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.rpc.harness.LeakLedger;
import org.dcache.oncrpc4j.rdma.verbs.MemoryBudget;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerClosedException;
import org.dcache.oncrpc4j.rdma.verbs.parts.LoopThread;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.memory.Regbuf;
import org.dcache.oncrpc4j.rdma.xprt.memory.RegbufPool;
import org.dcache.oncrpc4j.rdma.xprt.memory.SinkQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The budget of a pool: nothing beyond it, and all of it again for whoever needs it next. */
class RegbufPoolTest {

    private static final int BUDGET = 4 << 20;

    private final Engine engine = Engine.server();
    private final MemoryBudget budget = new MemoryBudget(BUDGET);
    private final ArrayDeque<Runnable> helper = new ArrayDeque<>();
    private final RegbufPool pool = new RegbufPool(engine.device.adapter(), budget, engine.counters, this::help);
    private boolean rejecting;

    @AfterEach
    void close() {
        assertThat(pool.inUse()).isZero();
        pool.close();
        engine.close();
    }

    private void help(Runnable task) {
        if (rejecting) {
            throw new RejectedExecutionException("no thread");
        }
        helper.add(task);
    }

    @Test
    void aSlabThatTheHelperDidNotTakeIsAskedForAgain() throws Exception {
        rejecting = true;
        onLoop(() -> assertThat(pool.tryAcquire(4096)).isNull());
        rejecting = false;
        onLoop(() -> assertThat(pool.tryAcquire(4096)).isNull());
        helper.remove().run();
        onLoop(() -> pool.tryAcquire(4096).release());
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
    void whatCouldNotBeRegisteredLeavesTheBudget() {
        Engine.TestAdapter adapter = (Engine.TestAdapter) engine.device.adapter();
        adapter.fault = new IllegalStateException("planted");
        for (int i = 0; i < 20; i++) {
            assertThatThrownBy(() -> pool.tryAcquire(1 << 20)).isSameAs(adapter.fault);
        }
        adapter.fault = null;
        assertThat(pool.allocated()).isZero();
        assertThat(budget.used()).isZero();
        drain(1 << 20).forEach(Regbuf::release);
        assertThat(pool.allocated()).isPositive().isEqualTo(budget.used());
    }

    /** To allocate may mean to wait for a garbage collection, to register a system call: for all connections of the loop. */
    @Test
    void aLoopGetsWhatLiesReadyAndTheHelperMakesMore() throws Exception {
        Engine.TestAdapter adapter = (Engine.TestAdapter) engine.device.adapter();
        int before = adapter.registrations;
        Regbuf[] got = new Regbuf[3];
        onLoop(() -> {
            got[0] = pool.tryAcquire(1 << 20);
            got[1] = pool.acquire(1 << 20);
        });
        assertThat(got[0]).isNull();
        assertThat(got[1].isPooled()).as("heap memory for one use").isFalse();
        got[1].release();
        assertThat(adapter.registrations).isEqualTo(before);
        assertThat(engine.counters.get(XprtCounter.REGBUF_NOT_READY)).isEqualTo(1);
        assertThat(helper).as("asked once").hasSize(1);
        helper.remove().run();
        assertThat(adapter.registrations).isEqualTo(before + 1);
        onLoop(() -> got[2] = pool.tryAcquire(1 << 20));
        got[2].release();
    }

    @Test
    void theNextSlabIsMadeBeforeTheLastOneIsUsedUp() throws Exception {
        pool.prepare(4096);
        long one = pool.allocated();
        List<Regbuf> taken = new ArrayList<>();
        onLoop(() -> {
            while (helper.isEmpty()) {
                taken.add(pool.tryAcquire(4096));
            }
        });
        assertThat(taken).doesNotContainNull();
        helper.remove().run();
        assertThat(pool.allocated()).isEqualTo(2 * one);
        taken.forEach(Regbuf::release);
    }

    private static void onLoop(Runnable body) {
        LoopThread loop = LoopThread.of("test loop", body, null);
        loop.start();
        loop.awaitEnd();
    }

    @Test
    void whatOthersNeedIsTakenFromUnusedSlabs() {
        drain(1 << 20).forEach(Regbuf::release);
        assertThat(budget.tryReserve(1 << 20)).isFalse();
        assertThat(budget.reserve(1 << 20)).isTrue();
        assertThat(pool.allocated() + (1 << 20)).isEqualTo(budget.used()).isLessThanOrEqualTo(BUDGET);
        budget.release(1 << 20);
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

    /** Of others of the budget, or of the JVM. */
    @Test
    void whoeverWaitsIsServedByAndByWhenNobodyTellsOfTheMemory() {
        MemoryBudget others = engine.device.adapter().memory();
        long left = others.limit() - others.used();
        assertThat(others.tryReserve(left)).isTrue();
        Waiting waiting = new Waiting(1 << 20);
        assertThat(engine.device.sinks().request(waiting)).isNull();
        others.release(left);
        LeakLedger.await("it has memory", () -> waiting.granted != null);
        waiting.granted.release();
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
        private volatile Regbuf granted;

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
