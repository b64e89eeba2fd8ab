// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux.harness;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.dcache.oncrpc4j.rdma.it.Tool;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmCounters;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;
import org.dcache.oncrpc4j.rdma.it.jvm.Ports;

/**
 * A directory of this machine, exported by {@code bin/rpcrdma serve} over TCP and RDMA on ports of their own; the same ports and the same
 * directory after {@link #restart}. Closing it kills the server and removes the directory.
 */
public final class ServedDirectory implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofMinutes(7);

    private final Path directory;
    private final int tcpPort;
    private final String[] options;
    private JvmProcess server;
    /** How many lines of its log {@link #noErrors} has seen. */
    private int seen;
    /** Null until somebody asks. What it leads to dies with the server, so it is not closed. */
    private JvmCounters counters;

    private ServedDirectory(Path directory, int tcpPort, String... options) {
        this.directory = directory;
        this.tcpPort = tcpPort;
        this.options = options;
    }

    /** @param options more of {@code serve} */
    public static ServedDirectory serve(String... options) throws IOException {
        ServedDirectory served = new ServedDirectory(Files.createTempDirectory("served"), Ports.freePair(), options);
        served.start();
        return served;
    }

    private void start() {
        List<String> words = new ArrayList<>(List.of("serve", directory.toString(), "--bind=127.0.0.1", "--port=" + tcpPort,
                "--rdma-port=" + rdmaPort(), "--squash=none", "--async", "--verbose", "--jvm=-Xmx512m"));
        words.addAll(List.of(options));
        server = Tool.start(words.toArray(String[]::new));
        seen = 0;
        server.expect("Ready;");
    }

    public int tcpPort() {
        return tcpPort;
    }

    public int rdmaPort() {
        return tcpPort + 1;
    }

    public Path directory() {
        return directory;
    }

    /** What the server logged. */
    public List<String> log() {
        return server.lines();
    }

    String lastLines(int count) {
        List<String> lines = log();
        return String.join("\n", lines.subList(Math.max(0, lines.size() - count), lines.size()));
    }

    /**
     * The server logged no error since this was last asked, or since it was started. For the end of each test: a failure there is that
     * test's own, and what runs it again asks again.
     *
     * @param expected an error whose line has one of these is right in this test
     */
    public void noErrors(String... expected) {
        List<String> lines = log();
        List<String> fresh = lines.subList(seen, lines.size());
        seen = lines.size();
        assertThat(fresh).noneMatch(line -> line.contains(" ERROR ") && Stream.of(expected).noneMatch(line::contains));
    }

    /** What the server's transport counted since it was started, where it is not 0. */
    public Map<String, Long> counters() {
        return read(JvmCounters::counters);
    }

    /** What it holds at this moment. */
    Map<String, Long> gauges() {
        return read(JvmCounters::gauges);
    }

    private interface Reading {
        Map<String, Long> of(JvmCounters counters) throws IOException;
    }

    private Map<String, Long> read(Reading reading) {
        try {
            if (counters == null) {
                // the tool's only child
                counters = JvmCounters.of(ProcessHandle.of(server.pid()).orElseThrow().children().findFirst().orElseThrow().pid());
            }
            return reading.of(counters);
        } catch (IOException e) {
            throw new UncheckedIOException("the counters of the server cannot be read; what it said:\n" + server.output(), e);
        }
    }

    /** Waits until the server holds so much of something, or less. */
    public void awaitAtMost(String gauge, long wanted) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (gauges().get(gauge) > wanted) {
            assertThat(System.nanoTime()).as(gauge + " at most " + wanted + " within " + PATIENCE + "; the server holds " + gauges())
                    .isLessThan(end);
            TimeUnit.MILLISECONDS.sleep(100);
        }
    }

    /** Waits until it has counted so much of something, or more. */
    public void awaitAtLeast(String counter, long wanted) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (counters().getOrDefault(counter, 0L) < wanted) {
            assertThat(System.nanoTime()).as(counter + " at least " + wanted + " within " + PATIENCE + "; the server counted " + counters())
                    .isLessThan(end);
            TimeUnit.MILLISECONDS.sleep(100);
        }
    }

    /** The server dies as by SIGKILL. */
    public void kill() {
        counters = null;
        server.close();
    }

    public void restart() {
        kill();
        start();
    }

    @Override
    public void close() {
        kill();
        try (Stream<Path> tree = Files.walk(directory)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
