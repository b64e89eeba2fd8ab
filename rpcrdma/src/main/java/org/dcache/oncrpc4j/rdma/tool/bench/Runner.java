// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.dcache.oncrpc4j.rdma.tool.Terminal;
import org.dcache.oncrpc4j.rdma.tool.bench.app.Operation;
import org.dcache.oncrpc4j.rdma.tool.bench.app.Point;

/**
 * Measures pairs by a plan. Short slices of the transports alternate, and their order is reversed after each round, so that other load on
 * the machine affects all alike. Before the next pair's turn, a pair comes to rest ({@link Settling}). One thread.
 */
final class Runner {

    /**
     * The first load of each operation has a longer warm-up, in which code is compiled: this many times the usual one. Its calls are small,
     * so that there are many, and large enough to use chunks.
     */
    private static final int FIRST_WARM_UP = 6;
    /** So many runs without compilers at work, one after the other: at low rates they come back after a pause. */
    private static final int QUIET = 4;
    private static final int WARM_UP_SIZE = 16 << 10;
    private static final int WARM_UP_DEPTH = 8;
    private static final Duration LONGEST_TRACED = Duration.ofMillis(600);
    private static final int FEWEST_TRACED = 40;
    private static final int MOST_TRACED = 4000;

    private Plan plan;
    private final PrintWriter progress;
    private final Set<Operation> warm = EnumSet.noneOf(Operation.class);

    Runner(Plan plan, PrintWriter progress) {
        this.plan = plan;
        this.progress = progress;
    }

    /** Goes on with another plan for the same points. */
    void pace(Plan newPlan) {
        plan = newPlan;
    }

    /** Slices of one point, by pair in the order given. */
    Map<Pair, List<Slice>> time(Point point, List<Pair> pairs) throws IOException, InterruptedException {
        progress.printf("%s%n", point);
        progress.flush();
        if (warm.add(point.operation())) {
            Point first = new Point(point.operation(), point.operation().hasData() ? WARM_UP_SIZE : 0, WARM_UP_DEPTH);
            for (Pair pair : pairs) {
                pair.run(first, plan.warmUp().multipliedBy(FIRST_WARM_UP), Long.MAX_VALUE, false);
            }
        }
        Map<Pair, List<Slice>> slices = new LinkedHashMap<>();
        for (Pair pair : pairs) {
            warmUp(pair, point);
            pair.settle(plan.slice());
            slices.put(pair, new ArrayList<>());
        }
        List<Pair> order = new ArrayList<>(pairs);
        for (int round = 0; round < plan.rounds(); round++) {
            for (Pair pair : order) {
                slices.get(pair).add(pair.run(point, plan.slice(), Long.MAX_VALUE, false));
                pair.settle(plan.slice());
            }
            Collections.reverse(order);
        }
        return slices;
    }

    /** Compares every byte first; then goes on until the code of this load is compiled, and not for a moment only. */
    private void warmUp(Pair pair, Point point) throws IOException, InterruptedException {
        Duration half = plan.warmUp().dividedBy(2);
        pair.run(point, half, Long.MAX_VALUE, true);
        int quiet = 0;
        for (int n = 0; n < plan.warmUps() && quiet < QUIET; n++) {
            quiet = pair.run(point, half, Long.MAX_VALUE, false).wasCompiling() ? 0 : quiet + 1;
        }
    }

    /**
     * Counts system calls in a separate run.
     *
     * @param opsPerSecond rate of the pair without tracing, to choose the number of calls
     * @throws IOException when tracing does not work here, with the reason
     */
    SystemCalls trace(Point point, Pair pair, double opsPerSecond) throws IOException, InterruptedException {
        long calls = (long) Math.max(FEWEST_TRACED, Math.min(MOST_TRACED, opsPerSecond / 10));
        try (Strace client = Strace.attach(pair.client().jvm().pid()); Strace server = Strace.attach(pair.server().jvm().pid())) {
            Slice slice = pair.run(point, LONGEST_TRACED, calls, false);
            return new SystemCalls(client.counts(slice.calls()), server.counts(slice.calls()));
        }
    }

    /** Traces as many points as the time allows, the largest first, of one size the deepest first. */
    List<Result> traceAll(List<Result> results, Map<String, Pair> pairs, Deadline deadline) throws IOException, InterruptedException {
        if (!plan.countSystemCalls()) {
            return results;
        }
        List<Result> order = new ArrayList<>(results);
        order.removeIf(r -> !r.transport().equals(Report.TCP) && !r.transport().equals(Report.RDMA));
        order.sort((a, b) -> {
            int bySize = Integer.compare(b.point().size(), a.point().size());
            return bySize != 0 ? bySize : Integer.compare(b.point().depth(), a.point().depth());
        });
        Map<Result, Optional<SystemCalls>> traced = new LinkedHashMap<>();
        progress.printf("system calls%n");
        progress.flush();
        for (Result result : order) {
            if (deadline.within(LONGEST_TRACED.multipliedBy(4))) {
                break;
            }
            try {
                traced.put(result, Optional.of(trace(result.point(), pairs.get(result.transport()), result.opsPerSecond())));
            } catch (BenchException e) {
                throw e;
            } catch (IOException e) {
                progress.println(Terminal.hanging(0, "system calls are not counted: " + e.getMessage()));
                break;
            }
        }
        return results.stream()
                .map(r -> new Result(r.transport(), r.point(), r.slices(), traced.getOrDefault(r, Optional.empty()))).toList();
    }
}
