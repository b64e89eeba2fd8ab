// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class RelayTest {

    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    /** Keeps what it sees; ends the connection at the first byte of this value. */
    private static final class Seen implements Tap {

        final ByteArrayOutputStream toServer = new ByteArrayOutputStream();
        final ByteArrayOutputStream toClient = new ByteArrayOutputStream();
        private final int last;
        private final Verdict end;

        Seen(int last, Verdict end) {
            this.last = last;
            this.end = end;
        }

        @Override
        public Verdict toServer(byte[] bytes, int offset, int length) {
            toServer.write(bytes, offset, length);
            return bytes[offset] == last ? end : Verdict.PASS;
        }

        @Override
        public Verdict toClient(byte[] bytes, int offset, int length) {
            toClient.write(bytes, offset, length);
            return Verdict.PASS;
        }
    }

    @Test
    void bytesPassUnchangedAndTheEndPassesToo() throws Exception {
        byte[] request = new byte[700_000];
        byte[] answer = new byte[300_000];
        new Random(3).nextBytes(request);
        new Random(4).nextBytes(answer);
        Seen seen = new Seen(0, Tap.Verdict.PASS);
        try (ServerSocket target = new ServerSocket(0, 1, LOOPBACK);
                Relay relay = new Relay(target.getLocalPort(), () -> seen);
                Socket client = new Socket(LOOPBACK, relay.port());
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
            assertThat(seen.toServer.toByteArray()).isEqualTo(request);
            assertThat(seen.toClient.toByteArray()).isEqualTo(answer);
        }
    }

    @Test
    void aTargetThatIsNotThereEndsTheConnection() throws Exception {
        int nobody;
        try (ServerSocket socket = new ServerSocket(0)) {
            nobody = socket.getLocalPort();
        }
        AtomicInteger asked = new AtomicInteger();
        try (Relay relay = new Relay(nobody, () -> {
                asked.incrementAndGet();
                return new Seen(0, Tap.Verdict.PASS);
            }); Socket client = new Socket(LOOPBACK, relay.port())) {
            assertThat(client.getInputStream().read()).isEqualTo(-1);
            assertThat(asked).hasValue(0);
        }
    }

    @Test
    void aTapCanEndAConnectionInGoodOrder() throws Exception {
        try (ServerSocket target = new ServerSocket(0, 1, LOOPBACK);
                Relay relay = new Relay(target.getLocalPort(), () -> new Seen(9, Tap.Verdict.FINISH));
                Socket client = new Socket(LOOPBACK, relay.port());
                Socket server = target.accept()) {
            client.getOutputStream().write(1);
            assertThat(server.getInputStream().read()).isEqualTo(1);
            client.getOutputStream().write(9);
            assertThat(server.getInputStream().read()).isEqualTo(-1);
            assertThat(client.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void aTapCanBreakAConnectionAndTheNextOneIsWhole() throws Exception {
        try (ServerSocket target = new ServerSocket(0, 1, LOOPBACK);
                Relay relay = new Relay(target.getLocalPort(), () -> new Seen(9, Tap.Verdict.RESET))) {
            try (Socket client = new Socket(LOOPBACK, relay.port()); Socket server = target.accept()) {
                client.getOutputStream().write(9);
                assertThatThrownBy(() -> server.getInputStream().read()).isInstanceOf(SocketException.class);
                assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);
            }
            try (Socket client = new Socket(LOOPBACK, relay.port()); Socket server = target.accept()) {
                client.getOutputStream().write(1);
                assertThat(server.getInputStream().read()).isEqualTo(1);
            }
        }
    }

    @Test
    void connectionsGoToTheTargetOfTheirTime() throws Exception {
        try (ServerSocket one = new ServerSocket(0, 1, LOOPBACK);
                ServerSocket two = new ServerSocket(0, 1, LOOPBACK);
                Relay relay = new Relay(one.getLocalPort(), () -> new Seen(0, Tap.Verdict.PASS))) {
            new Socket(LOOPBACK, relay.port()).close();
            one.accept().close();
            relay.target(two.getLocalPort());
            new Socket(LOOPBACK, relay.port()).close();
            two.accept().close();
        }
    }
}
