// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.rdmacore.device.ControlThreads;
import org.dcache.oncrpc4j.rdma.rdmacore.device.Regions;
import org.dcache.oncrpc4j.rdma.verbs.MemoryBudget;
import org.dcache.oncrpc4j.rdma.verbs.error.ResourceLimitException;
import org.dcache.oncrpc4j.rdma.verbs.parts.ReceiveShare;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who waits for a receive gets one when the pool has grown, however many wait. */
@Timeout(60)
class ReceivePoolTest {

    /** Three slabs of 64, and some of a fourth. */
    private static final int WAITERS = 200;

    private final ControlThreads control = new ControlThreads();
    private final ReceivePool pool = pool(new MemoryBudget(1 << 24));
    private final Queue<PooledReceive> taken = new ConcurrentLinkedQueue<>();
    private final CountDownLatch served = new CountDownLatch(WAITERS);

    @AfterEach
    void end() {
        control.shutdown();
    }

    /** As a connection does that needs one. */
    private void take() {
        PooledReceive buffer = pool.take();
        if (buffer == null) {
            pool.await(this::take);
        } else {
            taken.add(buffer);
            served.countDown();
        }
    }

    private void assertAllServed() throws InterruptedException {
        assertThat(served.await(20, TimeUnit.SECONDS)).as("all but %s of %s have a receive", served.getCount(), WAITERS).isTrue();
        assertThat(taken).doesNotHaveDuplicates();
        assertThat(pool.lent()).isEqualTo(WAITERS);
    }

    @Test
    void thePoolGrowsUntilNobodyWaits() throws Exception {
        for (int i = 0; i < WAITERS; i++) {
            take();
        }
        assertAllServed();
    }

    /** What is woken passes on, as connections do: their loops take the receives some time later. */
    @Test
    void whoIsWokenAndFindsNothingIsWokenAgain() throws Exception {
        try (var loop = Executors.newSingleThreadExecutor()) {
            for (int i = 0; i < WAITERS; i++) {
                pool.await(() -> loop.execute(this::take));
            }
            assertAllServed();
        }
    }

    /** One that needs more than a slab waits again while it is being woken. */
    @Test
    void whoNeedsMoreThanASlabGetsIt() throws Exception {
        takeAll();
        assertAllServed();
    }

    @Test
    void aConnectionForWhoseReceivesThereIsNoMemoryIsRefused() throws Exception {
        MemoryBudget budget = new MemoryBudget(1 << 20);
        ReceivePool small = pool(budget);
        small.reserve(128);
        assertThat(budget.used()).isEqualTo(1 << 19);
        assertThatThrownBy(() -> small.reserve(129)).isInstanceOf(ResourceLimitException.class).hasMessageContaining("oncrpc.rdma.memory");
        assertThat(budget.used()).isEqualTo(1 << 19);
        // What is there is for others.
        small.reserve(128);
    }

    @Test
    void whoWaitsForMemoryThatOthersHaveGetsItWhenTheyGiveItBack() throws Exception {
        MemoryBudget budget = new MemoryBudget(1 << 20);
        budget.reserveAnyway(1 << 20);
        ReceivePool small = pool(budget);
        CountDownLatch woken = new CountDownLatch(1);
        small.await(woken::countDown);
        assertThat(woken.await(300, TimeUnit.MILLISECONDS)).isFalse();
        budget.release(1 << 20);
        assertThat(woken.await(20, TimeUnit.SECONDS)).as("it is woken").isTrue();
        assertThat(small.take()).isNotNull();
    }

    private ReceivePool pool(MemoryBudget budget) {
        Regions regions = new Regions(null, List.of(), Counters.process().child());
        return new ReceivePool(regions, region -> 7, control, 4096, new ReceiveShare(budget));
    }

    private void takeAll() {
        while (served.getCount() > 0) {
            PooledReceive buffer = pool.take();
            if (buffer == null) {
                pool.await(this::takeAll);
                return;
            }
            taken.add(buffer);
            served.countDown();
        }
    }
}
