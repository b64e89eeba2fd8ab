// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench;

import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/**
 * Waits until a pair that has just worked is at rest. A load leaves work behind that belongs to its cost: the garbage collector and the
 * compiler go on in threads of their own. On a machine with few processors that would slow down the other pair, whose slice comes next, and
 * more so with short slices: a pair that allocates much would look faster than it is, the other one slower. Stateless.
 */
final class Settling {

    /** How long it takes if nothing is left to do. */
    static final Duration USUAL = Duration.ofMillis(45);

    private static final Duration LOOK = Duration.ofMillis(20);
    /** Most processor time that a JVM at rest uses between two looks: one tick of the system's accounting. */
    private static final Duration TICK = Duration.ofMillis(10);
    private static final int LOOKS_AT_REST = 2;

    private Settling() {}

    /** Returns once the processes together are at rest, or after {@code longest}. */
    static void of(List<ProcessHandle> processes, Duration longest) throws InterruptedException {
        of(() -> used(processes), longest);
    }

    /** @param used processor time so far */
    static void of(Supplier<Duration> used, Duration longest) throws InterruptedException {
        long end = System.nanoTime() + longest.toNanos();
        Duration before = used.get();
        int atRest = 0;
        while (atRest < LOOKS_AT_REST && System.nanoTime() < end) {
            Thread.sleep(LOOK.toMillis());
            Duration now = used.get();
            atRest = now.minus(before).compareTo(TICK) <= 0 ? atRest + 1 : 0;
            before = now;
        }
    }

    /** Processor time so far of all the processes for which the system tells it. */
    private static Duration used(List<ProcessHandle> processes) {
        return processes.stream().flatMap(p -> p.info().totalCpuDuration().stream()).reduce(Duration.ZERO, Duration::plus);
    }
}
