// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What a device that is removed waits for. */
class HoldsTest {

    private final Holds holds = new Holds();
    private final AtomicInteger over = new AtomicInteger();

    @Test
    void withoutAHoldTheEndIsAtOnce() {
        assertThat(holds.end(over::incrementAndGet)).isTrue();

        assertThat(over).hasValue(1);
        assertThat(holds.isOver()).isTrue();
    }

    @Test
    void theEndWaitsForTheLastHold() {
        assertThat(holds.begin()).isTrue();
        assertThat(holds.begin()).isTrue();
        holds.end(over::incrementAndGet);
        holds.give();
        assertThat(over).hasValue(0);
        assertThat(holds.isEnded()).isTrue();
        assertThat(holds.isOver()).isFalse();

        holds.give();

        assertThat(over).hasValue(1);
    }

    @Test
    void afterTheEndNothingBeginsButWhatWasMadeCanBeUndoneUntilItIsOver() {
        holds.begin();
        holds.end(over::incrementAndGet);

        assertThat(holds.begin()).isFalse();
        assertThat(holds.take()).isTrue();
        holds.give();
        assertThat(over).hasValue(0);
        holds.give();

        assertThat(over).hasValue(1);
        assertThat(holds.take()).isFalse();
    }

    @Test
    void itEndsOnce() {
        holds.begin();
        assertThat(holds.end(over::incrementAndGet)).isTrue();
        assertThat(holds.end(over::incrementAndGet)).isFalse();

        holds.give();

        assertThat(over).hasValue(1);
    }

    @Test
    void aHoldThatIsGivenBackTwiceIsADefect() {
        holds.begin();
        holds.give();

        assertThatThrownBy(holds::give).isInstanceOf(IllegalStateException.class);
    }

    /** Holders come and go while it ends: it is over once, and nobody holds it then. */
    @Test
    void manyThreadsMeetTheEnd() throws Exception {
        for (int round = 0; round < 200; round++) {
            Holds met = new Holds();
            AtomicInteger ends = new AtomicInteger();
            AtomicInteger inside = new AtomicInteger();
            AtomicInteger insideAtEnd = new AtomicInteger();
            CyclicBarrier start = new CyclicBarrier(4);
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                threads.add(new Thread(() -> {
                    await(start);
                    while (met.begin()) {
                        inside.incrementAndGet();
                        inside.decrementAndGet();
                        met.give();
                    }
                }));
            }
            threads.forEach(Thread::start);
            await(start);
            met.end(() -> {
                ends.incrementAndGet();
                insideAtEnd.set(inside.get());
            });
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(ends).hasValue(1);
            assertThat(insideAtEnd).hasValue(0);
        }
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
