// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.provider;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.dcache.oncrpc4j.rdma.it.app.EchoClient;
import org.dcache.oncrpc4j.rdma.it.app.EchoServer;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;
import org.dcache.oncrpc4j.rdma.it.jvm.Ports;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A service on libibverbs and TCP, on the software device that the unit tests of the provider made; its client is a JVM of its own. */
class SoftDeviceServiceIT {

    private static final String OVER_RDMA = "org.dcache.oncrpc4j.rdma.rpc.RdmaRpcTransport";
    private static final String OVER_TCP = "org.dcache.oncrpc4j.grizzly.GrizzlyRpcTransport";
    private static final Object[] SIZES = {0, 5000, 1 << 20};

    private static SoftDevice device;

    @BeforeAll
    static void needsTheDevice() {
        device = SoftDevice.require();
    }

    private static void echo(String arguments, int port, String transport) {
        Object[] words = {"127.0.0.1", port, SIZES[0], SIZES[1], SIZES[2]};
        try (JvmProcess client = device.java(arguments).main(EchoClient.class, words).start()) {
            client.expect("TRANSPORT " + transport);
            for (Object size : SIZES) {
                client.expect("ECHO " + size + " ok");
            }
        }
    }

    /** RDMA devices have a port space of their own, so "same" is the same number beside TCP's. */
    @Test
    void theSamePortIsOneNumberForTcpAndTheDevice() throws IOException {
        int port = Ports.freePair();
        try (JvmProcess server = device.java("transport=tcp,rdma,rdma.provider=rdma-core").main(EchoServer.class, port).start()) {
            server.expect("accepts RDMA connections on");
            server.expect("READY");
            echo("transport=rdma,rdma.provider=rdma-core", port, OVER_RDMA);
            echo("transport=tcp", port, OVER_TCP);
        }
    }

    /** Data goes between processes through memory that both have mapped, or by system calls where a region is not shared. */
    @ParameterizedTest
    @CsvSource({"'', true", "share_memory, false"})
    void aServerReachesItsClientsMemory(String fault, boolean shared) throws IOException {
        int port = Ports.freePair();
        Object[] words = Stream.concat(Stream.of("127.0.0.1", port), Collections.nCopies(2000, 1 << 20).stream()).toArray();
        try (JvmProcess server = device.java("transport=tcp,rdma,rdma.provider=rdma-core").environment("SOFTDEVICE_FAULTS", fault)
                .main(EchoServer.class, port).start()) {
            server.expect("READY");
            try (JvmProcess client = device.java("transport=rdma,rdma.provider=rdma-core").environment("SOFTDEVICE_FAULTS", fault)
                    .main(EchoClient.class, words).start()) {
                client.expect("TRANSPORT " + OVER_RDMA);
                client.expect("ECHO 1048576 ok");
                // Its own and the client's, as long as that is there.
                assertThat(filesOfMemory(server)).hasSize(shared ? 2 : 0);
            }
        }
    }

    /** Inodes. */
    private static Set<String> filesOfMemory(JvmProcess process) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + process.pid() + "/maps")).stream().filter(line -> line.contains("softdevice-memory"))
                .map(line -> line.split(" ")[4]).collect(Collectors.toSet());
    }

    @Test
    void deviceAndSoftwareIwarpAndTcpShareOneNumber() throws IOException {
        int port = Ports.freePair();
        try (JvmProcess server = device.java("transport=tcp,rdma,rdma.provider=rdma-core,iwarp").main(EchoServer.class, port).start()) {
            server.expect("READY");
            for (String provider : List.of("rdma-core", "iwarp")) {
                echo("transport=rdma,rdma.provider=" + provider, port, OVER_RDMA);
            }
            echo("transport=tcp", port, OVER_TCP);
        }
    }

    @Test
    void aRuleMovesTheDevicesPortAlone() throws IOException {
        int port = Ports.freePair();
        String moved = "transport=tcp,rdma,rdma.provider=rdma-core,rdma.port=" + port + ">+1";
        try (JvmProcess server = device.java(moved).main(EchoServer.class, port).start()) {
            server.expect("READY");
            echo("transport=rdma,rdma.provider=rdma-core", port + 1, OVER_RDMA);
            echo("transport=tcp,rdma,rdma.provider=rdma-core,rdma.connect=" + port + ">+1", port, OVER_RDMA);
        }
    }
}
