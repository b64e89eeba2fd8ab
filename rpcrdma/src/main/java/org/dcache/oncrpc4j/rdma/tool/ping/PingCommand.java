// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.ping;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.config.Settings;
import org.dcache.oncrpc4j.rdma.tool.Json;
import org.dcache.oncrpc4j.rdma.tool.RpcRdma;
import org.dcache.oncrpc4j.rdma.tool.SettingsOption;
import org.dcache.oncrpc4j.rdma.xprt.ConnectionReport;
import org.dcache.oncrpc4j.rpc.OncRpcException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rpcrdma ping}: is there an RPC-over-RDMA server, what does it agree to, how fast does it answer. */
@Command(
        name = "ping",
        description = "Connects to a server over RDMA, shows what was agreed on, and makes NULL calls.",
        footer = {"", "Without --connections, one connection carries all calls. With it, each connection is closed before the next one is "
        + "made,"
                + " and carries one call."})
public final class PingCommand implements Callable<Integer> {

    private static final String TEXT = "  %-20s %s%n";

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "HOST[:PORT]", converter = Target.Converter.class,
            description = "The server; port " + Target.NFS_RDMA_PORT + " (NFS over RDMA) unless given. [IPv6]:PORT.")
    private Target target;

    @Option(names = {"-p", "--program"}, paramLabel = "N", defaultValue = "100003",
            description = "RPC program to call (${DEFAULT-VALUE}, which is NFS).")
    private int program;

    @Option(names = "--version", paramLabel = "N", defaultValue = "3", description = "Its version (${DEFAULT-VALUE}).")
    private int version;

    @Option(names = {"-c", "--count"}, paramLabel = "N", defaultValue = "5", description = "Calls to make (${DEFAULT-VALUE}).")
    private int count;

    @Option(names = {"-i", "--interval"}, paramLabel = "MS", defaultValue = "100",
            description = "Time between calls (${DEFAULT-VALUE} ms).")
    private long interval;

    @Option(names = {"-n", "--connections"}, paramLabel = "N", description = "Make so many connections, one after the other.")
    private int connections;

    @Option(names = {"-t", "--timeout"}, paramLabel = "MS", defaultValue = "10000",
            description = "Longest wait for a connection, and for a reply (${DEFAULT-VALUE} ms).")
    private long timeout;

    @Option(names = "--json", description = "One JSON object instead of text; times in microseconds.")
    private boolean json;

    @Mixin
    private SettingsOption settings;

    @Override
    public Integer call() throws InterruptedException {
        if (count < 1 || interval < 0 || timeout < 1 || connections < 0) {
            throw new ParameterException(spec.commandLine(),
                    "--count and --timeout are at least 1, --interval and --connections at least 0");
        }
        Configuration config = settings.load();
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("target", target);
        int status;
        try {
            InetSocketAddress server = target.resolve();
            status = connections > 0 ? connections(server, config, result) : calls(server, config, result);
        } catch (IOException | TimeoutException | IllegalStateException e) {
            String line = line(e);
            result.put("error", line);
            status = RpcRdma.FAILED;
            if (!json) {
                spec.commandLine().getErr().println(line);
                spec.commandLine().getErr().flush();
            }
        }
        if (json) {
            spec.commandLine().getOut().println(Json.of(result));
        }
        spec.commandLine().getOut().flush();
        return status;
    }

    /** One connection, so many calls. */
    private int calls(InetSocketAddress server, Configuration config, Map<String, Object> result)
            throws IOException, TimeoutException, InterruptedException {
        long start = System.nanoTime();
        try (RdmaClient client = new RdmaClient(server, program, version, config, timeout)) {
            long connected = System.nanoTime() - start;
            Times times = new Times();
            times.add(client.nullCall(timeout));
            ConnectionReport report = client.report();
            result.put("connected_us", connected / (double) TimeUnit.MICROSECONDS.toNanos(1));
            result.put("connection", RdmaClient.members(report));
            if (!json) {
                show(report, connected, config);
            }
            say(times.max(), times.count());
            while (times.count() < count) {
                Thread.sleep(interval);
                long time = client.nullCall(timeout);
                times.add(time);
                say(time, times.count());
            }
            result.put("null_us", times.micros());
            say(times.count() + " NULL calls of program " + program + " version " + version + ": min " + Times.text(times.min())
                    + ", median " + Times.text(times.median()) + ", max " + Times.text(times.max()));
        }
        return RpcRdma.OK;
    }

    /** One after the other, one call each; a failure does not end the series. */
    private int connections(InetSocketAddress server, Configuration config, Map<String, Object> result) throws InterruptedException {
        Times times = new Times();
        Map<String, Integer> failures = new LinkedHashMap<>();
        for (int i = 0; i < connections; i++) {
            if (i > 0) {
                Thread.sleep(interval);
            }
            long start = System.nanoTime();
            try (RdmaClient client = new RdmaClient(server, program, version, config, timeout)) {
                client.nullCall(timeout);
                times.add(System.nanoTime() - start);
            } catch (IOException | TimeoutException e) {
                failures.merge(line(e), 1, Integer::sum);
            }
        }
        result.put("connections", connections);
        result.put("succeeded", times.count());
        result.put("connection_and_call_us", times.micros());
        result.put("failures", failures);
        say(times.count() + " of " + connections + " connections succeeded; connecting and one NULL call: median "
                + Times.text(times.median()) + ", slowest " + Times.text(times.max()));
        failures.forEach((why, n) -> say("  " + n + " x " + why));
        return times.count() == connections ? RpcRdma.OK : RpcRdma.FAILED;
    }

    private void show(ConnectionReport report, long connected, Configuration config) {
        PrintWriter out = spec.commandLine().getOut();
        out.println("Connected to " + RdmaClient.text(report.remote()) + " from " + RdmaClient.text(report.local()) + " in "
                + Times.text(connected));
        out.printf(TEXT, "provider", report.provider() + (report.detail().isEmpty() ? "" : ": " + report.detail()));
        out.printf(TEXT, "inline thresholds", report.inlineSend() + " B to the server, " + report.inlineReceive() + " B from it");
        out.printf(TEXT, "credits", report.credits() + " granted, " + config.get(Settings.CREDITS) + " asked for");
        out.printf(TEXT, "checksum", report.crc() ? "on" : "off");
        out.printf(TEXT, "RDMA Reads", "IRD " + report.ird() + ", ORD " + report.ord());
        out.printf(TEXT, "remote invalidation", report.remoteInvalidation() ? "yes" : "no");
    }

    /** The message if it says something by itself, in one line. */
    private String line(Exception e) {
        String message = e.getMessage();
        String line = (message == null || message.isBlank() ? e.toString() : message).replaceAll("\\s*[\\r\\n]+\\s*", " ");
        return e instanceof OncRpcException
                ? target + " answers over RDMA, but not to program " + program + " version " + version + ": " + line : line;
    }

    /** One call's time, where people can follow. */
    private void say(long nanos, int call) {
        if (interval > 0) {
            say("  NULL " + call + ": " + Times.text(nanos));
        }
    }

    private void say(String line) {
        if (!json) {
            spec.commandLine().getOut().println(line);
            spec.commandLine().getOut().flush();
        }
    }
}
