// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;
import org.dcache.oncrpc4j.rdma.it.jvm.Ports;

/** {@code rpcrdma serve} on two free ports, or on one. Closing kills it and the JVM that it started. One thread. */
final class Served implements AutoCloseable {

    private static final long SECONDS = 60;

    private final int port;
    private final int rdmaPort;
    private final JvmProcess tool;

    private Served(int port, int rdmaPort, JvmProcess tool) {
        this.port = port;
        this.rdmaPort = rdmaPort;
        this.tool = tool;
    }

    /** Starts it and returns when it prints that it is ready. */
    static Served start(String... arguments) throws IOException {
        int port = Ports.freePair();
        return start(Tool::start, port, port + 1, List.of("--rdma-port", "" + (port + 1)), arguments);
    }

    /** The same as another user than root, who starts it. */
    static Served startAs(int user, String... arguments) throws IOException {
        int port = Ports.freePair();
        return start(words -> Tool.startAs(user, words), port, port + 1, List.of("--rdma-port", "" + (port + 1)), arguments);
    }

    /** The same with one port for TCP and RDMA, the default. */
    static Served startOnOnePort(String... arguments) throws IOException {
        int port = Ports.freePair();
        return start(Tool::start, port, port, List.of(), arguments);
    }

    private static Served start(Function<String[], JvmProcess> starter, int port, int rdmaPort, List<String> more, String... arguments) {
        List<String> words = new ArrayList<>(List.of("serve", "--port", "" + port));
        words.addAll(more);
        words.addAll(List.of(arguments));
        Served served = new Served(port, rdmaPort, starter.apply(words.toArray(String[]::new)));
        try {
            served.tool.expect("Ready");
            return served;
        } catch (AssertionError e) {
            served.close();
            throw e;
        }
    }

    int tcpPort() {
        return port;
    }

    int rdmaPort() {
        return rdmaPort;
    }

    /** The lines that it printed until it was ready. */
    List<String> greeting() {
        return tool.lines();
    }

    /** Waits for the next line with this text. */
    void expect(String text) {
        tool.expect(text);
    }

    /** The tool, and the server's JVM. */
    List<ProcessHandle> processes() {
        List<ProcessHandle> all = new ArrayList<>();
        ProcessHandle.of(tool.pid()).ifPresent(handle -> {
            all.add(handle);
            all.addAll(handle.descendants().toList());
        });
        return all;
    }

    /** Sends SIGTERM to the tool, or SIGKILL, and waits until it and what it started have ended. */
    void end(boolean kill) throws InterruptedException, ExecutionException, TimeoutException {
        List<ProcessHandle> all = processes();
        if (kill) {
            all.get(0).destroyForcibly();
        } else {
            all.get(0).destroy();
        }
        for (ProcessHandle process : all) {
            process.onExit().get(SECONDS, TimeUnit.SECONDS);
        }
    }

    @Override
    public void close() {
        processes().forEach(ProcessHandle::destroyForcibly);
        tool.close();
    }
}
