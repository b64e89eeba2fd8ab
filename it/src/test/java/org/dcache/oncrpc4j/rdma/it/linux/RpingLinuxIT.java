// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.it.linux.harness.LinuxGuest;
import org.dcache.oncrpc4j.rdma.it.linux.harness.Rping;
import org.dcache.oncrpc4j.rdma.it.linux.harness.ScenarioReport;
import org.dcache.oncrpc4j.rdma.iwarp.IwarpProvider;
import org.dcache.oncrpc4j.rdma.verbs.Adapter;
import org.dcache.oncrpc4j.rdma.verbs.ConnectListener;
import org.dcache.oncrpc4j.rdma.verbs.Endpoint;
import org.dcache.oncrpc4j.rdma.verbs.Listener;
import org.dcache.oncrpc4j.rdma.verbs.QueuePair;
import org.dcache.oncrpc4j.rdma.verbs.error.ConnectionClosedException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * rdma-core's {@code rping}, a program on libibverbs over siw, against our iWARP provider without RPC: Send, RDMA Read and RDMA Write, in
 * both roles, with CRC and without.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(ScenarioReport.class)
class RpingLinuxIT {

    private static final int PORT = 7174;
    private static final int ROUNDS = 20;
    private static final int SIZE = 3001;

    private LinuxGuest guest;

    @BeforeAll
    void boot() {
        guest = LinuxGuest.boot("rping", PORT);
        guest.run("siw.sh stock");
        ScenarioReport.note("guest rping: siw stock, " + guest.run("dpkg-query -W rdmacm-utils").replace('\t', ' '));
    }

    private static Adapter open(boolean crc) throws VerbsException {
        Properties properties = new Properties();
        properties.setProperty("oncrpc.rdma.iwarp.crc", crc ? "on" : "off");
        return new IwarpProvider().open(Configuration.load(properties, ""));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void itsClientPingsUs(boolean crc) throws IOException {
        CompletableFuture<Endpoint> connected = new CompletableFuture<>();
        try (Adapter adapter = open(crc);
                Listener listener = adapter.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1, request -> {
                    Endpoint endpoint = new Endpoint();
                    request.accept(Rping.options(), endpoint);
                    connected.complete(endpoint);
                })) {
            guest.run("rm -f /out/rping.status; { rping -c -v -V -C " + ROUNDS + " -S " + SIZE + " -a 10.0.2.2 -p "
                    + listener.localAddress().getPort() + " > /out/rping.log 2>&1; echo $? > /out/rping.status; } &");
            Endpoint endpoint = Endpoint.get(connected);
            Rping rping = new Rping(endpoint);
            for (int i = 0; i < ROUNDS; i++) {
                byte[] bytes = rping.serve();
                assertThat(bytes).hasSize(SIZE);
                assertThat(new String(bytes, StandardCharsets.US_ASCII)).startsWith("rdma-ping-" + i + ": ");
            }
            endpoint.end();
            assertThat(endpoint.violations).isEmpty();
        }
        assertThat(guest.run("until [ -s /out/rping.status ]; do sleep 0.2; done; cat /out/rping.log /out/rping.status").lines().toList())
                .hasSizeGreaterThan(ROUNDS).endsWith("0").noneMatch(line -> line.contains("mismatch"));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void wePingItsServer(boolean crc) throws IOException {
        guest.run("{ rping -s -v -V -S " + SIZE + " -a 10.0.2.15 -p " + PORT + " > /out/rping-server.log 2>&1; } &");
        guest.run("until rdma resource show cm_id 2> /dev/null | grep -q LISTEN; do sleep 0.2; done");
        try (Adapter adapter = open(crc)) {
            Endpoint endpoint = new Endpoint();
            CompletableFuture<QueuePair> connected = new CompletableFuture<>();
            adapter.connect(guest.address(PORT), Rping.options(), endpoint, new ConnectListener() {
                @Override
                public void connected(QueuePair queuePair) {
                    connected.complete(queuePair);
                }

                @Override
                public void failed(IOException cause) {
                    connected.completeExceptionally(cause);
                }
            });
            QueuePair queuePair = Endpoint.get(connected);
            Rping rping = new Rping(endpoint);
            for (int i = 0; i < ROUNDS; i++) {
                rping.ping(i, SIZE);
            }
            queuePair.disconnect(new ConnectionClosedException("the rounds are over"));
            endpoint.end();
            assertThat(endpoint.violations).isEmpty();
        }
        guest.run("while pidof rping > /dev/null; do sleep 0.2; done");
        assertThat(guest.run("grep -c 'rdma-ping-' /out/rping-server.log").strip()).isEqualTo("" + ROUNDS);
    }

    @AfterAll
    void end() {
        if (guest != null) {
            guest.close();
        }
    }
}
