// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.dcache.oncrpc4j.rdma.iwarp.loop.EventLoop;
import org.dcache.oncrpc4j.rdma.iwarp.loop.EventLoops;
import org.dcache.oncrpc4j.rdma.iwarp.rx.PooledReceive;
import org.dcache.oncrpc4j.rdma.iwarp.rx.ReceivePool;
import org.dcache.oncrpc4j.rdma.iwarp.tx.Staging;
import org.dcache.oncrpc4j.rdma.iwarp.tx.StagingPool;
import org.dcache.oncrpc4j.rdma.verbs.Access;
import org.dcache.oncrpc4j.rdma.verbs.Endpoint;
import org.dcache.oncrpc4j.rdma.verbs.Exposure;
import org.dcache.oncrpc4j.rdma.verbs.MemoryBudget;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A loop takes receives and staging that lie ready; the helper thread, here the test, makes more, within the adapter's one budget. */
class PoolsOffTheLoopTest {

    private static final int SIZE = 16 << 10;
    private static final int SLAB = 64 << 10;

    private final EventLoop loop = EventLoops.acquire(1, 0)[0];
    private final BlockingQueue<Runnable> helper = new LinkedBlockingQueue<>();

    @AfterEach
    void release() {
        EventLoops.release();
    }

    private <T> T onLoop(Supplier<T> body) {
        CompletableFuture<T> result = new CompletableFuture<>();
        loop.execute(() -> result.complete(body.get()));
        return Endpoint.get(result);
    }

    private void help() throws InterruptedException {
        Runnable task = helper.poll(20, TimeUnit.SECONDS);
        assertThat(task).as("the helper is asked").isNotNull();
        task.run();
    }

    @Test
    void aLoopWaitsForTheHelperToMakeReceives() throws Exception {
        MemoryBudget budget = new MemoryBudget(1 << 20);
        ReceivePool pool = new ReceivePool(loop, SIZE, new ReceivePool.Resources(budget, helper::add));
        CountDownLatch woken = new CountDownLatch(1);
        assertThat(onLoop(pool::take)).isNull();
        onLoop(() -> {
            pool.await(woken::countDown);
            return null;
        });
        assertThat(budget.used()).as("nothing was made on the loop").isZero();
        help();
        assertThat(woken.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(helper).as("asked once").isEmpty();
        assertThat(budget.used()).isEqualTo(SLAB);
        onLoop(pool::take).release();
    }

    @Test
    void moreReceivesAreMadeBeforeTheLastIsTaken() throws Exception {
        MemoryBudget budget = new MemoryBudget(16 << 20);
        ReceivePool pool = new ReceivePool(loop, SIZE, new ReceivePool.Resources(budget, helper::add));
        help();
        List<PooledReceive> taken = new ArrayList<>();
        while (helper.isEmpty()) {
            PooledReceive receive = onLoop(pool::take);
            assertThat(receive).isNotNull();
            taken.add(receive);
        }
        help();
        assertThat(budget.used()).isEqualTo(2 * SLAB);
        taken.forEach(PooledReceive::release);
        for (int i = 0; i < 100; i++) {
            onLoop(pool::take).release();
        }
        assertThat(helper).as("not when they come back by other threads").isEmpty();
    }

    @Test
    void allPoolsTogetherHaveAShareOfTheBudgetAndEachItsFirstSlab() throws Exception {
        MemoryBudget budget = new MemoryBudget(4 * SLAB);
        ReceivePool.Resources resources = new ReceivePool.Resources(budget, helper::add);
        List<ReceivePool> pools = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            pools.add(new ReceivePool(loop, SIZE, resources));
            help();
        }
        assertThat(budget.used()).isEqualTo(6 * SLAB);
        List<PooledReceive> taken = new ArrayList<>();
        for (ReceivePool pool : pools) {
            for (int i = 0; i < 4; i++) {
                taken.add(onLoop(pool::take));
            }
            assertThat(onLoop(pool::take)).isNull();
            help();
            assertThat(onLoop(pool::take)).as("beyond the budget").isNull();
            help();
        }
        assertThat(taken).doesNotContainNull();
        taken.forEach(PooledReceive::release);
    }

    @Test
    void receivesLeaveHalfOfTheBudgetToOthers() throws Exception {
        MemoryBudget budget = new MemoryBudget(8 * SLAB);
        ReceivePool pool = new ReceivePool(loop, SIZE, new ReceivePool.Resources(budget, helper::add));
        List<PooledReceive> taken = new ArrayList<>();
        for (int refused = 0; refused < 4; ) {
            PooledReceive receive = onLoop(pool::take);
            if (receive != null) {
                taken.add(receive);
            } else {
                refused++;
            }
            while (!helper.isEmpty()) {
                help();
            }
        }
        assertThat(budget.used()).isEqualTo(4 * SLAB);
        taken.forEach(PooledReceive::release);
    }

    @Test
    void aLoopWaitsForTheHelperToMakeStaging() throws Exception {
        StagingPool pool = new StagingPool(new MemoryBudget(1 << 20), 1 << 20, helper::add);
        List<Staging> taken = new ArrayList<>();
        for (Staging staging = onLoop(() -> pool.borrow(true)); staging != null; staging = onLoop(() -> pool.borrow(true))) {
            taken.add(staging);
        }
        assertThat(taken).hasSize(2);
        CountDownLatch woken = new CountDownLatch(1);
        pool.await(woken::countDown);
        help();
        assertThat(woken.getCount()).isZero();
        assertThat(helper).isEmpty();
        taken.add(onLoop(() -> pool.borrow(true)));
        assertThat(taken).doesNotContainNull();
        taken.forEach(pool::giveBack);
    }

    /** Which was asked for ahead, and is not made since the budget is used up. */
    @Test
    void whoWaitsIsServedAlsoWhenTheNextStagingIsNotMadeAhead() throws Exception {
        MemoryBudget budget = new MemoryBudget(2 * Staging.SIZE);
        StagingPool pool = new StagingPool(budget, 1 << 20, helper::add);
        List<Staging> taken = new ArrayList<>(List.of(onLoop(() -> pool.borrow(true)), onLoop(() -> pool.borrow(true))));
        CountDownLatch woken = new CountDownLatch(1);
        assertThat(onLoop(() -> pool.borrow(true))).isNull();
        pool.await(woken::countDown);
        help();
        assertThat(helper).as("asked once").isEmpty();
        assertThat(woken.getCount()).isZero();
        taken.add(onLoop(() -> pool.borrow(true)));
        assertThat(taken).doesNotContainNull();
        taken.forEach(pool::giveBack);
    }

    @Test
    void stagingThatComesBackServesWhoWaits() {
        StagingPool pool = new StagingPool(new MemoryBudget(1 << 20), 1 << 20, helper::add);
        Staging one = pool.borrow(true);
        pool.borrow(true);
        CountDownLatch woken = new CountDownLatch(1);
        pool.await(woken::countDown);
        assertThat(woken.getCount()).isEqualTo(1);
        pool.giveBack(one);
        assertThat(woken.getCount()).isZero();
    }

    /** Nothing is sent, nothing is lost, while there is none. */
    @Test
    void aReadResponseWaitsForStaging() throws Exception {
        try (RawPeerFixture f = new RawPeerFixture().responding()) {
            CountDownLatch blocked = new CountDownLatch(1);
            f.adapter.resources().offLoop(() -> {
                try {
                    blocked.await();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            StagingPool pool = f.adapter.resources().stagingPool();
            List<Staging> taken = new ArrayList<>();
            for (Staging staging = onLoop(() -> pool.borrow(true)); staging != null; staging = onLoop(() -> pool.borrow(true))) {
                taken.add(staging);
            }
            Exposure exposure = f.expose(ByteBuffer.allocateDirect(100).putInt(0, 77), Access.REMOTE_READ);
            f.peer.sendFpdu(RawPeer.readRequest(1, 5, 0, 100, exposure.stag(), exposure.offset()));
            f.peer.sendFpdu(RawPeer.sendMessage(2, new byte[4]));
            f.endpoint.message();
            blocked.countDown();
            assertThat(f.peer.readFpdu().payload().getInt(0)).isEqualTo(77);
            taken.forEach(pool::giveBack);
        }
    }
}
