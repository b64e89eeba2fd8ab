// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.demo;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.dcache.oncrpc4j.rdma.tool.Home;
import org.dcache.oncrpc4j.rdma.tool.RpcRdma;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rpcrdma demo}: see the package. */
@Command(
        name = "demo",
        description = {
            "Runs an ordinary oncrpc4j service and its client in two JVMs, first over TCP, then, with the agent, over RDMA,"
                    + " and checks every byte.",
            "That it was RDMA is proved twice: each side's counters are what each operation has to cost, to the unit; and a relay"
                    + " between the JVMs sees MPA frames (iWARP), the same number of messages, and no RPC record."
        })
public final class DemoCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(names = "--without-agent", description = "Leave the agent out of the RDMA run. It must fail, and say why.")
    private boolean withoutAgent;

    @Option(names = "--agent", paramLabel = "JAR", description = "Another agent jar than the one of this build.")
    private Path agent;

    @Option(names = {"-v", "--verbose"}, description = "Show what the JVMs log.")
    private boolean verbose;

    @Override
    public Integer call() throws IOException, InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        Home home = Home.find();
        Path jar = withoutAgent ? null : agent != null ? agent : home.agent();
        if (jar != null && !Files.isRegularFile(jar)) {
            out.println("FAILED: there is no agent jar " + jar + ", so nothing can run over RDMA; 'mvn package' builds it");
            out.flush();
            return RpcRdma.FAILED;
        }
        Consumer<String> log = verbose ? line -> say(out, line) : null;
        DemoRun tcp = new DemoRun(DemoJvms.tcp(home.application()), false, log);
        run(out, "TCP", tcp);
        DemoRun rdma = new DemoRun(DemoJvms.rdma(home.application(), jar), true, log);
        run(out, "RDMA", rdma);
        out.println();
        DemoTable.print(out, tcp, rdma);
        out.println();
        boolean failed = complain(out, "TCP", tcp) | complain(out, "RDMA", rdma);
        if (!failed) {
            out.println("OK: every byte was right, the counters are what each operation has to cost, and the wire agrees.");
        }
        out.flush();
        return failed ? RpcRdma.FAILED : RpcRdma.OK;
    }

    private static void run(PrintWriter out, String transport, DemoRun run) throws IOException, InterruptedException {
        say(out, transport + ": a server and a client JVM, " + Operation.ALL.size() + " operations through a relay, then without it ...");
        run.run();
        say(out, transport + " on the wire: " + run.wire());
    }

    private static void say(PrintWriter out, String line) {
        synchronized (out) {
            out.println(line);
            out.flush();
        }
    }

    private static boolean complain(PrintWriter out, String transport, DemoRun run) {
        for (String problem : run.problems()) {
            out.println(problem.startsWith("  |") ? problem : "FAILED: " + transport + ": " + problem);
        }
        return !run.problems().isEmpty();
    }
}
