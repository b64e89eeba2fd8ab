// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.metrics.latency;

import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Times and sizes of calls, since the start. Eight buckets for each power of two from 1 us to 137 s: a time is known to an eighth, or
 * better. What is shorter is in the first bucket, what is longer in the last.
 *
 * <p>Any thread; recording takes three additions and never allocates, blocks or is blocked. Loops and workers record at the same time, so
 * there are several stripes, each of memory of its own, and a thread takes one by its id. Reading adds them up and is not a snapshot of one
 * instant.
 *
 * <p>Why not HdrHistogram: at this precision and range it takes more memory and a recording passes a phase counter, its plain concurrent
 * kind is one array that all threads write to, and the agent's jar would have to relocate it, as applications bring their own. What it
 * adds is not needed here: readers take differences.
 */
final class Histogram {

    /** Of the shortest time that has a bucket to itself, 1,024 ns. */
    private static final int LOWEST = 10;
    /** Times from two to the power of this on are in the last bucket. */
    private static final int HIGHEST = 37;
    private static final int SUB_BITS = 3;
    private static final int SUB = 1 << SUB_BITS;
    static final int BUCKETS = 1 + (HIGHEST - LOWEST) * SUB;

    private static final int NANOS = BUCKETS;
    private static final int BYTES = BUCKETS + 1;
    /** Of a stripe: a multiple of any line of a cache. */
    private static final int WIDTH = BYTES + 16 & ~15;
    private static final int STRIPES = Integer.highestOneBit(Math.min(8, Math.max(1, Runtime.getRuntime().availableProcessors())));

    private final AtomicLongArray values = new AtomicLongArray(STRIPES * WIDTH);

    void record(long nanos, long bytes) {
        int stripe = ((int) Thread.currentThread().getId() & STRIPES - 1) * WIDTH;
        values.getAndIncrement(stripe + bucket(nanos));
        values.getAndAdd(stripe + NANOS, nanos);
        values.getAndAdd(stripe + BYTES, bytes);
    }

    static int bucket(long nanos) {
        int exponent = Long.SIZE - 1 - Long.numberOfLeadingZeros(nanos | 1);
        if (nanos < 1L << LOWEST) {
            return 0;
        }
        return exponent >= HIGHEST ? BUCKETS - 1
                : 1 + (exponent - LOWEST) * SUB + ((int) (nanos >>> exponent - SUB_BITS) & SUB - 1);
    }

    /** What the times in a bucket are below, nanoseconds. */
    static long bound(int bucket) {
        int index = bucket - 1;
        return bucket == 0 ? 1L << LOWEST : (long) (SUB + index % SUB + 1) << LOWEST + index / SUB - SUB_BITS;
    }

    Figures figures() {
        TreeMap<Long, Long> buckets = new TreeMap<>();
        long calls = 0;
        for (int i = 0; i < BUCKETS; i++) {
            long count = sum(i);
            if (count > 0) {
                buckets.put(bound(i), count);
                calls += count;
            }
        }
        return new Figures(calls, sum(BYTES), sum(NANOS), buckets);
    }

    private long sum(int index) {
        long sum = 0;
        for (int i = index; i < values.length(); i += WIDTH) {
            sum += values.get(i);
        }
        return sum;
    }
}
