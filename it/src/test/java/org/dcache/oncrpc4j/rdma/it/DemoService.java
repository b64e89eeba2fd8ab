// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.dcache.oncrpc4j.rdma.it.jvm.AgentJar;

/** The demo's server in a JVM of its own, with or without the agent: an ordinary oncrpc4j service. Ends with {@link #close} or this JVM. */
final class DemoService implements AutoCloseable {

    static final int PROGRAM = 0x40008166;
    static final int VERSION = 1;

    private static final Path TARGET = Tool.HOME.resolve("rpcrdma").resolve("target");

    private final Process process;
    private static final String GREETING = "@demo listening ";

    private final int port;

    private DemoService(List<String> flags) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(flags);
        command.addAll(List.of("-Xmx256m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp",
                TARGET.resolve("tool").resolve("app").resolve("*").toString(), "org.dcache.oncrpc4j.rdma.tool.demo.app.DemoServer"));
        process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        BufferedReader answers = process.inputReader();
        String greeting = answers.readLine();
        // What the JVM itself has to say there has no such mark.
        while (greeting != null && !greeting.startsWith(GREETING)) {
            greeting = answers.readLine();
        }
        if (greeting == null) {
            process.destroyForcibly();
            throw new IOException("expected the port of the demo's server, got the end of its output");
        }
        port = Integer.parseInt(greeting.substring(GREETING.length()));
    }

    static DemoService overRdma(String... settings) throws IOException {
        List<String> flags = new ArrayList<>();
        flags.add("-javaagent:" + AgentJar.path());
        flags.add("-Doncrpc.transport=rdma");
        flags.add("-Doncrpc.rdma.provider=iwarp");
        for (String setting : settings) {
            flags.add("-D" + setting);
        }
        return new DemoService(flags);
    }

    static DemoService overTcp() throws IOException {
        return new DemoService(List.of());
    }

    String target() {
        return "127.0.0.1:" + port;
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
