// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.dcache.oncrpc4j.rdma.tool.Terminal;
import org.dcache.oncrpc4j.rdma.tool.bench.app.Point;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * {@code rpcrdma bench}: throughput, latency and cost per call of oncrpc4j over TCP and over RDMA, in one run.
 *
 * <p>Order: all child JVMs start; every point is timed, transports in turns; then comes what disturbs timing: idle connections, flight
 * recordings, traced runs. With {@code --runs} all that begins anew with other JVMs, and what was asked for is printed and written after
 * each run, so that one that fails takes nothing with it. With {@code --connections} {@link ManyConnections} takes the place of all that.
 * The children are closed at the end of their run, however it ends; if this JVM dies, they halt by themselves.
 *
 * <p>Exit code 0 when everything was measured, also below a floor; 1 when measuring failed; 2 when options are wrong.
 */
@Command(name = "bench", description = "Measure oncrpc4j over TCP and over RDMA, side by side.")
public final class BenchCommand implements Callable<Integer> {

    /** Less than the 45 s that the option promises, for the end of the last step and of the children. */
    private static final Duration QUICK = Duration.ofSeconds(37);
    private static final Duration QUICK_TRACING = Duration.ofSeconds(8);
    private static final int IDLE_CONNECTIONS = 100;
    private static final String MTU = "rdma, FPDUs of MTU size";
    private static final String LIMIT_MTU = "limit, FPDUs of MTU size";
    /** Pairs that are measured only at the points of the speed table's rows about MTU, and the pair that each is a variant of. */
    private static final Map<String, String> OF_MTU = Map.of(MTU, Report.RDMA, LIMIT_MTU, Report.LIMIT);

    @Mixin
    private BenchOptions options;

    @Spec
    private CommandSpec spec;

    private final SpeedRuns runs = new SpeedRuns();
    private final SortedMap<Integer, List<Result>> all = new TreeMap<>();
    private PrintWriter out;
    private PrintWriter progress;

    @Override
    public Integer call() throws InterruptedException {
        out = spec.commandLine().getOut();
        progress = spec.commandLine().getErr();
        try {
            Plan plan = options.plan();
            CongestionControl.name().flatMap(CongestionControl::warning).ifPresent(this::say);
            Deadline deadline = options.quick ? Deadline.sinceJvmStart(QUICK) : Deadline.never();
            for (int run = 1; run <= options.runs; run++) {
                if (options.runs > 1) {
                    progress.printf("run %d of %d%n", run, options.runs);
                }
                bench(plan, deadline, run);
            }
            return 0;
        } catch (IllegalArgumentException e) {
            say(e.getMessage());
            return 2;
        } catch (IOException e) {
            say(e.getMessage());
            return 1;
        } finally {
            out.flush();
            progress.flush();
        }
    }

    private void say(String text) {
        progress.println(Terminal.hanging(0, "bench: " + text));
    }

    private void bench(Plan plan, Deadline deadline, int run) throws IOException, InterruptedException {
        Map<String, Pair> pairs = new LinkedHashMap<>();
        try {
            start(pairs);
            if (options.connections != null) {
                Duration time = Duration.ofNanos((long) (options.seconds * 1e9));
                out.print(new ManyConnections(options.connections, options.busy, time, progress).run(pairs));
                return;
            }
            int main = (int) pairs.keySet().stream().filter(name -> !OF_MTU.containsKey(name)).count();
            Runner runner = new Runner(plan, progress);
            List<Result> results = new ArrayList<>();
            List<Result> mtu = new ArrayList<>();
            List<Point> points = plan.points();
            for (int i = 0; i < points.size(); i++) {
                if (options.quick) {
                    Duration reserve = plan.countSystemCalls() ? QUICK_TRACING : Duration.ZERO;
                    runner.pace(plan.within(deadline.left().minus(reserve), points.size() - i, main));
                }
                time(runner, points.get(i), pairs, results, mtu);
            }
            OptionalDouble idle = OptionalDouble.empty();
            if (!options.quick && pairs.containsKey(Report.RDMA)) {
                idle = OptionalDouble.of(Math.max(0, pairs.get(Report.RDMA).heldPerIdleConnection(IDLE_CONNECTIONS)));
            }
            OptionalDouble inline = OptionalDouble.empty();
            if (options.profile != null && pairs.containsKey(Report.RDMA)) {
                inline = new Profiler(options.profile, out).profile(pairs.get(Report.RDMA));
            }
            results = runner.traceAll(results, pairs, deadline);
            Report report = new Report(results);
            Optional<SpeedTable> speed = options.transport == BenchOptions.Transports.both && !options.quick
                    ? Optional.of(new SpeedTable(report, new Report(mtu), idle, inline, options.file)) : Optional.empty();
            print(report, speed);
            all.put(run, results);
            speed.ifPresent(runs::add);
            if (runs.count() > 1) {
                out.println();
                out.println(runs.table().render());
            }
            out.flush();
            if (options.json != null) {
                Files.writeString(options.json, JsonReport.of(all));
            }
            if (options.html != null) {
                HtmlReport.of(report, speed, runs, spec.commandLine().getParseResult().originalArgs()).write(options.html);
            }
        } finally {
            List<Pair> open = new ArrayList<>(pairs.values());
            open.forEach(Pair::close);
        }
    }

    private void start(Map<String, Pair> pairs) throws BenchException, InterruptedException {
        Map<String, Launch> launches = new LinkedHashMap<>();
        Jvms jvms = Jvms.find(options.workload(), options.nfs4jJars, options.heap());
        if (options.transport != BenchOptions.Transports.rdma) {
            launches.put(Report.TCP, options.launch(jvms.tcp(options.jvmArgs)));
        }
        if (options.transport != BenchOptions.Transports.tcp) {
            launches.put(Report.RDMA, options.launch(jvms.rdma(options.jvmArgs, options.agent, options.rdmaSettings(options.mtuFpdu))));
            if (!options.quick && !options.mtuFpdu && !options.file && options.connections == null && launches.size() > 1) {
                launches.put(MTU, options.launch(jvms.rdma(options.jvmArgs, options.agent, options.rdmaSettings(true))));
            }
        }
        if (options.limit()) {
            launches.put(Report.LIMIT, Launch.limit(jvms.tcp(options.jvmArgs), options.address, options.verbose));
        }
        for (Map.Entry<String, Launch> launch : launches.entrySet()) {
            List<String> server = options.connections == null ? launch.getValue().server() : launch.getValue().server("0.0.0.0");
            pairs.put(launch.getKey(), Pair.start(launch.getKey(), launch.getValue(), server));
        }
        for (Map.Entry<String, Launch> launch : launches.entrySet()) {
            pairs.get(launch.getKey()).startClient(launch.getValue());
        }
        Pair limit = pairs.get(Report.LIMIT);
        for (Pair pair : pairs.values()) {
            if (pair == limit) {
                pair.connect();
            } else {
                pair.connect(!pair.name().equals(Report.TCP));
            }
        }
        if (limit != null) {
            pairs.put(Report.LIMIT, limit.on(Report.LIMIT, options.limitTerms(options.mtuFpdu, false)));
            pairs.put(Report.DIRECT, limit.on(Report.DIRECT, options.limitTerms(options.mtuFpdu, true)));
            if (pairs.containsKey(MTU)) {
                pairs.put(LIMIT_MTU, limit.on(LIMIT_MTU, options.limitTerms(true, false)));
            }
        }
    }

    /** Measures one point. The pairs with FPDUs of MTU size take part only where the speed table needs them. */
    private static void time(Runner runner, Point point, Map<String, Pair> pairs, List<Result> results, List<Result> mtu)
            throws IOException, InterruptedException {
        List<Pair> takePart = pairs.entrySet().stream()
                .filter(e -> !OF_MTU.containsKey(e.getKey()) || SpeedTable.isBulk(point)).map(Map.Entry::getValue).toList();
        Map<Pair, List<Slice>> slices = runner.time(point, takePart);
        pairs.forEach((name, pair) -> {
            if (slices.containsKey(pair)) {
                (OF_MTU.containsKey(name) ? mtu : results)
                        .add(new Result(OF_MTU.getOrDefault(name, name), point, slices.get(pair), Optional.empty()));
            }
        });
    }

    private void print(Report report, Optional<SpeedTable> speed) {
        out.println();
        out.println(report.rates().render());
        report.rateCharts().forEach(chart -> out.println(chart.text()));
        out.println();
        out.println(report.costs().render());
        out.println(Terminal.hanging(0, Report.WHOLE_JVMS));
        speed.ifPresent(table -> {
            out.println();
            out.println(table.render());
        });
    }
}
