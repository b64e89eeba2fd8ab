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
 * A directory of this machine that {@code bin/rpcrdma serve} exports over TCP and RDMA, on separate ports. Ports and directory stay the
 * same after {@link #restart}. Closing this kills the server and removes the directory.
 */
public final class ServedDirectory implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofMinutes(7);

    private final Path directory;
    private final int tcpPort;
    private final String[] options;
    private JvmProcess server;
    /** How many lines of its log {@link #noErrors} has seen. */
    private int seen;
    /** Null until it is needed. Its connection ends with the server, so it is not closed. */
    private JvmCounters counters;

    private ServedDirectory(Path directory, int tcpPort, String... options) {
        this.directory = directory;
        this.tcpPort = tcpPort;
        this.options = options;
    }

    /** @param options of {@code serve}, to add */
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
     * Checks that the server logged no error since the last call of this, or since its start. To be called at the end of each test, so that
     * an error fails the test that caused it.
     *
     * @param expected texts of errors that this test causes on purpose
     */
    public void noErrors(String... expected) {
        List<String> lines = log();
        List<String> fresh = lines.subList(seen, lines.size());
        seen = lines.size();
        assertThat(fresh).noneMatch(line -> line.contains(" ERROR ") && Stream.of(expected).noneMatch(line::contains));
    }

    /** The server's counters that are not 0. */
    public Map<String, Long> counters() {
        return read(JvmCounters::counters);
    }

    /** The server's gauges. */
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
            throw new UncheckedIOException("cannot read the counters of the server; its output:\n" + server.output(), e);
        }
    }

    /** Waits until a gauge is at most this. */
    public void awaitAtMost(String gauge, long wanted) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (gauges().get(gauge) > wanted) {
            assertThat(System.nanoTime()).as(gauge + " at most " + wanted + " within " + PATIENCE + "; the server holds " + gauges())
                    .isLessThan(end);
            TimeUnit.MILLISECONDS.sleep(100);
        }
    }

    /** Waits until a counter is at least this. */
    public void awaitAtLeast(String counter, long wanted) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (counters().getOrDefault(counter, 0L) < wanted) {
            assertThat(System.nanoTime()).as(counter + " at least " + wanted + " within " + PATIENCE + "; the server counted " + counters())
                    .isLessThan(end);
            TimeUnit.MILLISECONDS.sleep(100);
        }
    }

    /** Kills the server by SIGKILL. */
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
