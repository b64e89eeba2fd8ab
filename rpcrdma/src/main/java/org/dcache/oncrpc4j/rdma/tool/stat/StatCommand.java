// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.stat;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.dcache.oncrpc4j.rdma.tool.Json;
import org.dcache.oncrpc4j.rdma.tool.RpcRdma;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rpcrdma stat}: see the package. */
@Command(
        name = "stat",
        description = "Shows what the RDMA services of a running JVM do: calls and replies by path, latencies, bulk data, waits, problems, "
        + "connections.",
        footer = {"", "Without an interval: totals since each service was made. With one: rates, again and again, like nfsiostat; what "
                + "counts as a problem is always shown since the start. An answered call with a name (READ, WRITE, …) counts in two lines, "
                + "by its way and by its name; queue is how many were under way on average. What each counter means, and what to do, is in "
                + "docs/operations.md."},
        exitCodeList = {" 0:shown", " 1:no such JVM or service, or it went away", " 2:wrong command line"})
public final class StatCommand implements Callable<Integer> {

    private static final int MAX_SECONDS = 86_400;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "PID|SERVICE|SOCKET", arity = "0..1",
            description = "A process id, or the name of a service, which is looked for in all JVMs of this user, or the path of a JVM's "
                    + "oncrpc.rdma.stat-socket, with a / in it. Without it: all services of all JVMs of this user.")
    private String wanted;

    @Option(names = {"-i", "--interval"}, paramLabel = "SECONDS", defaultValue = "0", description = "Time between two looks, 1 to "
            + MAX_SECONDS + ".")
    private int interval;

    @Option(names = {"-c", "--count"}, paramLabel = "N", defaultValue = "0",
            description = "End after N looks; with an interval and without N it goes on until the JVM ends.")
    private int count;

    @Option(names = "--json", description = "One JSON object a line for each service and look, with the counters as they are, never rates.")
    private boolean json;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (interval < 0 || interval > MAX_SECONDS || count < 0) {
            throw new ParameterException(spec.commandLine(), "--interval is 1 to " + MAX_SECONDS + " seconds, --count 1 or more");
        }
        if (count > 1 && interval == 0) {
            throw new ParameterException(spec.commandLine(), "--count " + count + " needs --interval: expected the time between two looks");
        }
        PrintWriter out = spec.commandLine().getOut();
        List<ObservedJvm> machines = attach();
        try {
            List<ServiceSample> before = List.of();
            int looks = interval == 0 ? 1 : count;
            for (int n = 1; looks == 0 || n <= looks; n++) {
                if (n > 1) {
                    Thread.sleep(1000L * interval);
                }
                List<ServiceSample> now = samples(machines);
                if (now.isEmpty()) {
                    throw new IOException(nothing());
                }
                for (ServiceSample sample : now) {
                    out.println(json ? Json.of(sample.members())
                            : StatText.of(sample, before.stream().filter(sample::continues).findFirst().orElse(null)));
                }
                out.flush();
                before = now;
            }
        } finally {
            for (ObservedJvm machine : machines) {
                machine.close();
            }
        }
        return RpcRdma.OK;
    }

    private boolean isSocket() {
        return wanted != null && wanted.indexOf('/') >= 0;
    }

    private boolean isPid() {
        return wanted != null && wanted.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    /** The JVM that is named, or all: one that cannot be attached to is not the one that is looked for, as far as anybody can tell. */
    private List<ObservedJvm> attach() throws IOException {
        List<ObservedJvm> machines = new ArrayList<>();
        if (isSocket()) {
            machines.add(new SocketJvm(Path.of(wanted)));
            return machines;
        }
        try {
            Class.forName("com.sun.tools.attach.VirtualMachine");
        } catch (ClassNotFoundException e) {
            throw new IOException("this Java cannot attach to others, it lacks the module jdk.attach: run rpcrdma with a JDK, or name the"
                    + " path of a JVM's oncrpc.rdma.stat-socket");
        }
        if (isPid()) {
            machines.add(AttachedJvm.attach(wanted));
            return machines;
        }
        for (String pid : AttachedJvm.candidates()) {
            try {
                machines.add(AttachedJvm.attach(pid));
            } catch (IOException e) {
                spec.commandLine().getErr().println("stat: " + e.getMessage());
            }
        }
        return machines;
    }

    /** Of many JVMs, one that has ended is left out from now on: it says nothing of the others. */
    private List<ServiceSample> samples(List<ObservedJvm> machines) throws IOException {
        List<ServiceSample> all = new ArrayList<>();
        for (ObservedJvm machine : List.copyOf(machines)) {
            try {
                boolean any = wanted == null || isPid() || isSocket();
                machine.services().stream().filter(sample -> any || sample.name().equals(wanted)).forEach(all::add);
            } catch (IOException e) {
                if (isPid() || isSocket()) {
                    throw e;
                }
                spec.commandLine().getErr()
                        .println("stat: " + machine + " does not answer any more: " + e.getMessage().lines().findFirst().orElse(""));
                machines.remove(machine);
                machine.close();
            }
        }
        return all;
    }

    private String nothing() {
        if (isPid()) {
            return "process " + wanted
                    + " has no RDMA service; it needs the agent and -Doncrpc.transport=rdma, and a service that was started";
        }
        if (isSocket()) {
            return "the process of " + wanted + " has no RDMA service";
        }
        return wanted == null ? "no JVM of this user has an RDMA service" : "no JVM of this user has an RDMA service named " + wanted;
    }
}
