// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.rdmacore.device.BouncePool;
import org.dcache.oncrpc4j.rdma.rdmacore.device.ControlThreads;
import org.dcache.oncrpc4j.rdma.rdmacore.device.Regions;
import org.dcache.oncrpc4j.rdma.verbs.MemoryBudget;
import org.dcache.oncrpc4j.rdma.verbs.error.ResourceLimitException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Memory to copy messages to is made on control threads only. */
@Timeout(60)
class BouncePoolTest {

    private final ControlThreads control = new ControlThreads();
    private final MemoryBudget budget = new MemoryBudget(1 << 20);
    private final Regions regions = new Regions(null, List.of(), Counters.process().child());
    private final BouncePool pool = new BouncePool(regions, budget, control, Counters.process().child());

    @AfterEach
    void end() {
        control.shutdown();
    }

    private VerbsException make(long bytes) throws Exception {
        CompletableFuture<VerbsException> made = new CompletableFuture<>();
        CompletableFuture<Thread> by = new CompletableFuture<>();
        pool.make(bytes, problem -> {
            by.complete(Thread.currentThread());
            made.complete(problem);
        });
        assertThat(by.get(20, TimeUnit.SECONDS).getName()).startsWith("rdma-core-control-");
        return made.get();
    }

    @Test
    void whoPollsGetsWhatLiesReadyAndMakesNothing() throws Exception {
        assertThat(pool.poll(5000)).isNull();
        assertThat(budget.used()).isZero();
        assertThat(make(5000)).isNull();
        assertThat(budget.used()).isEqualTo(8192);
        BouncePool.Bounce bounce = pool.poll(8000);
        assertThat(bounce).isNotNull();
        assertThat(pool.poll(8000)).isNull();
        pool.giveBack(bounce);
        assertThat(pool.poll(8000)).isSameAs(bounce);
    }

    @Test
    void whoAsksForMemoryThatThereIsNotHearsWhy() throws Exception {
        assertThat(make(1L << 31)).isInstanceOf(ResourceLimitException.class).hasMessageContaining("2147483648");
        regions.close();
        assertThat(make(100)).isInstanceOf(ResourceLimitException.class).hasMessageContaining("closed");
        assertThat(budget.used()).isZero();
    }
}
