// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench;

import java.time.Duration;
import java.util.List;
import org.dcache.oncrpc4j.rdma.tool.bench.app.Operation;
import org.dcache.oncrpc4j.rdma.tool.bench.app.Point;

/**
 * What is measured and for how long.
 *
 * @param rounds slices per point and transport, taken in turns
 * @param slice length of one slice
 * @param warmUp time of one warm-up before the slices of each point; not counted
 * @param warmUps most warm-ups per point; they end when the JVMs no longer compile
 * @param countSystemCalls trace both processes in separate runs
 */
record Plan(List<Point> points, int rounds, Duration slice, Duration warmUp, int warmUps, boolean countSystemCalls) {

    static final List<Integer> DEPTHS = List.of(1, 8, 32);

    private static final Duration SHORTEST = Duration.ofMillis(40);
    private static final Duration LONGEST = Duration.ofMillis(300);

    Plan {
        points = List.copyOf(points);
        if (points.isEmpty() || rounds < 1 || slice.isNegative() || slice.isZero()) {
            throw new IllegalArgumentException("expected points, rounds and a length of slices above 0, got " + points.size() + " points, "
                    + rounds + " rounds of " + slice);
        }
    }

    /**
     * The points of a short run: those at the ends of the range, which the speed table needs. Deep loads first, because they warm up the
     * JVMs.
     */
    static List<Point> quickPoints(List<Operation> operations) {
        return operations.stream().flatMap(operation -> operation.hasData()
                ? Point.grid(List.of(operation), List.of(4 << 10, 1 << 20), List.of(8, 1)).stream()
                : Point.grid(List.of(operation), List.of(), List.of(32, 1)).stream()).toList();
    }

    /**
     * The same plan with slices as long as the time allows, which also has to hold what {@link Settling} takes between them; if it is too
     * short, one round of the shortest slices. One warm-up per point.
     *
     * @param available for the slices and warm-ups of these points; may be negative
     * @param pointsLeft at least 1
     * @param transports that are measured
     */
    Plan within(Duration available, int pointsLeft, int transports) {
        long share = available.toNanos() / ((long) pointsLeft * transports) - Settling.USUAL.toNanos() * (rounds + 1);
        // The first of each operation takes several times as long, see Runner.
        long warm = share / 4;
        boolean hurry = share - warm < SHORTEST.toNanos() * rounds;
        int n = hurry ? 1 : rounds;
        return new Plan(points, n, clamp(Duration.ofNanos((share - warm) / n)), clamp(Duration.ofNanos(warm)), 1, countSystemCalls);
    }

    private static Duration clamp(Duration d) {
        return d.compareTo(SHORTEST) < 0 ? SHORTEST : d.compareTo(LONGEST) > 0 ? LONGEST : d;
    }
}
