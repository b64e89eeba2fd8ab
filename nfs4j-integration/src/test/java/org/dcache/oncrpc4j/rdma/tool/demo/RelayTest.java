// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class RelayTest {

    @Test
    void bytesPassUnchangedAndTheEndPassesToo() throws Exception {
        byte[] request = new byte[700_000];
        byte[] answer = new byte[300_000];
        new Random(3).nextBytes(request);
        new Random(4).nextBytes(answer);
        InetAddress loopback = InetAddress.getLoopbackAddress();
        try (ServerSocket target = new ServerSocket(0, 1, loopback);
                Relay relay = new Relay(target.getLocalPort());
                Socket client = new Socket(loopback, relay.port());
                Socket server = target.accept()) {
            Thread sender = new Thread(() -> {
                try {
                    client.getOutputStream().write(request);
                    client.shutdownOutput();
                } catch (java.io.IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            sender.start();
            assertThat(server.getInputStream().readAllBytes()).isEqualTo(request);
            server.getOutputStream().write(answer);
            server.shutdownOutput();
            assertThat(client.getInputStream().readAllBytes()).isEqualTo(answer);
            sender.join();
            assertThat(relay.seen()).singleElement().satisfies(seen -> {
                assertThat(seen.toServer().framing()).isEqualTo(Framing.UNKNOWN);
                assertThat(seen.toClient().framing()).isEqualTo(Framing.UNKNOWN);
            });
        }
    }

    @Test
    void aTargetThatIsNotThereEndsTheConnection() throws Exception {
        int nobody;
        try (ServerSocket socket = new ServerSocket(0)) {
            nobody = socket.getLocalPort();
        }
        try (Relay relay = new Relay(nobody);
                Socket client = new Socket(InetAddress.getLoopbackAddress(), relay.port())) {
            assertThat(client.getInputStream().read()).isEqualTo(-1);
            assertThat(relay.seen()).isEmpty();
        }
    }
}
