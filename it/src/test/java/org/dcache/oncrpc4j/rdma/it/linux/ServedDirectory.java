// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.dcache.oncrpc4j.rdma.it.Tool;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;
import org.dcache.oncrpc4j.rdma.it.jvm.Ports;

/**
 * A directory of this machine, exported by {@code bin/rpcrdma serve} over TCP and RDMA on ports of their own; the same ports and the same directory after
 * {@link #restart}. Closing it kills the server and removes the directory.
 */
final class ServedDirectory implements AutoCloseable {

    private final Path directory;
    private final int tcpPort;
    private final String[] options;
    private JvmProcess server;

    private ServedDirectory(Path directory, int tcpPort, String... options) {
        this.directory = directory;
        this.tcpPort = tcpPort;
        this.options = options;
    }

    /** @param options more of {@code serve} */
    static ServedDirectory serve(String... options) throws IOException {
        ServedDirectory served = new ServedDirectory(Files.createTempDirectory("served"), Ports.freePair(), options);
        served.start();
        return served;
    }

    private void start() {
        List<String> words = new ArrayList<>(List.of("serve", directory.toString(), "--bind=127.0.0.1", "--port=" + tcpPort, "--rdma-port=" + rdmaPort(),
                "--squash=none", "--async", "--verbose", "--jvm=-Xmx512m"));
        words.addAll(List.of(options));
        server = Tool.start(words.toArray(String[]::new));
        server.expect("Ready;");
    }

    int tcpPort() {
        return tcpPort;
    }

    int rdmaPort() {
        return tcpPort + 1;
    }

    Path directory() {
        return directory;
    }

    /** What the server logged. */
    List<String> log() {
        return server.lines();
    }

    /** The server dies as by SIGKILL. */
    void kill() {
        server.close();
    }

    void restart() {
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
