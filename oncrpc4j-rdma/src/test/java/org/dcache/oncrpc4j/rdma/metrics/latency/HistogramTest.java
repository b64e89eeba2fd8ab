// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.metrics.latency;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class HistogramTest {

    private static final int THREADS = 4;
    private static final int EACH = 50_000;

    @Test
    void everyTimeIsBelowTheBoundOfItsBucketAndNotFarBelow() {
        for (long nanos = 1; nanos < 1L << 37; nanos += Math.max(1, nanos / 37)) {
            int bucket = Histogram.bucket(nanos);
            assertThat(Histogram.bound(bucket)).as("%d ns", nanos).isGreaterThan(nanos);
            if (nanos >= 1024) {
                assertThat(Histogram.bound(bucket - 1)).as("%d ns", nanos).isLessThanOrEqualTo(nanos);
                assertThat((double) Histogram.bound(bucket) / nanos).as("%d ns", nanos).isLessThanOrEqualTo(1.125);
            }
        }
        assertThat(Histogram.bucket(-1)).isZero();
        assertThat(Histogram.bucket(0)).isZero();
        assertThat(Histogram.bucket(Long.MAX_VALUE)).isEqualTo(Histogram.BUCKETS - 1);
        assertThat(Histogram.bound(Histogram.BUCKETS - 1)).isEqualTo(1L << 37);
    }

    @Test
    void nothingIsLostWhenManyRecordAtOnce() throws InterruptedException {
        Histogram histogram = new Histogram();
        Thread[] threads = new Thread[THREADS];
        for (int i = 0; i < THREADS; i++) {
            threads[i] = new Thread(() -> {
                for (int n = 0; n < EACH; n++) {
                    histogram.record(2_000, 3);
                }
            });
            threads[i].start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        long all = (long) THREADS * EACH;
        assertThat(histogram.figures().buckets()).isEqualTo(Map.of(2_048L, all));
        assertThat(histogram.figures().calls()).isEqualTo(all);
        assertThat(histogram.figures().bytes()).isEqualTo(3 * all);
        assertThat(histogram.figures().nanos()).isEqualTo(2_000 * all);
    }
}
