// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs.parts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LentReceiveTest {

    private static final class Counted extends LentReceive {
        final AtomicInteger givenBack = new AtomicInteger();

        Counted() {
            super(ByteBuffer.allocate(16));
        }

        @Override
        protected void giveBack() {
            givenBack.incrementAndGet();
        }
    }

    private final Counted buffer = new Counted();

    @Test
    void itComesBackOnceForEachTimeItIsLent() {
        buffer.lend();
        buffer.release();
        assertThat(buffer.givenBack).hasValue(1);
        assertThatThrownBy(buffer::release).isInstanceOf(IllegalStateException.class).hasMessageContaining("twice");
        assertThat(buffer.givenBack).hasValue(1);

        buffer.lend();
        buffer.release();
        assertThat(buffer.givenBack).hasValue(2);
    }

    @Test
    void oneThatWasNeverLentCannotBeReleased() {
        assertThatThrownBy(buffer::release).isInstanceOf(IllegalStateException.class);
        assertThat(buffer.givenBack).hasValue(0);
    }

    @Test
    void nothingIsLeftOfTheMessageBefore() {
        buffer.lend();
        buffer.data().position(3).limit(5);
        buffer.invalidated(0x1234_5678);
        assertThat(buffer.invalidated()).isTrue();
        assertThat(buffer.invalidatedStag()).isEqualTo(0x1234_5678);
        ByteBuffer data = buffer.data();
        buffer.release();

        buffer.lend();
        assertThat(buffer.invalidated()).isFalse();
        assertThat(buffer.invalidatedStag()).isZero();
        assertThat(buffer.data()).isSameAs(data);
        assertThat(data.position()).isZero();
        assertThat(data.limit()).isEqualTo(16);
    }

    @Test
    void ofManyReleasesAtOnceOneCounts() throws Exception {
        for (int round = 0; round < 2_000; round++) {
            Counted lent = new Counted();
            lent.lend();
            CountDownLatch go = new CountDownLatch(1);
            AtomicInteger refused = new AtomicInteger();
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                threads.add(new Thread(() -> {
                    try {
                        if (go.await(60, TimeUnit.SECONDS)) {
                            lent.release();
                        }
                    } catch (IllegalStateException e) {
                        refused.incrementAndGet();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                }));
            }
            threads.forEach(Thread::start);
            go.countDown();
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(lent.givenBack).hasValue(1);
            assertThat(refused).hasValue(2);
        }
    }
}
