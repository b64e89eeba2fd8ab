// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpCounter;
import org.dcache.oncrpc4j.rdma.iwarp.wire.MpaFrame;
import org.dcache.oncrpc4j.rdma.verbs.SharedPort;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** RDMA on a TCP port where somebody else, here the test, accepts. */
class SharedPortTest {

    private static final byte[] REQUEST = request();

    private ServerSocketChannel listening;
    private IwarpAdapter adapter;
    private SharedPort port;

    private static byte[] request() {
        ByteBuffer frame = ByteBuffer.allocate(MpaFrame.HEADER_LENGTH);
        MpaFrame.put(frame, 0, false, MpaFrame.CRC, 1, 0);
        return frame.array();
    }

    @BeforeEach
    void open() throws Exception {
        listening = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        adapter = (IwarpAdapter) new IwarpProvider()
                .open(Configuration.of(Map.of("oncrpc.rdma.memory", "64m", "oncrpc.rdma.handshakes", "2")));
        port = adapter.share((InetSocketAddress) listening.getLocalAddress(), request -> request.reject(new byte[0]));
    }

    @AfterEach
    void close() throws IOException {
        port.close();
        adapter.close();
        listening.close();
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), ((InetSocketAddress) listening.getLocalAddress()).getPort());
        socket.setSoTimeout(10_000);
        return socket;
    }

    private boolean take(byte[] head) throws IOException {
        SocketChannel accepted = listening.accept();
        accepted.configureBlocking(false);
        boolean taken = port.take(accepted, ByteBuffer.wrap(head));
        if (!taken) {
            accepted.close();
        }
        return taken;
    }

    @Test
    void onlyTheKeyOrItsBeginningIsRdma() {
        for (int length = 1; length <= REQUEST.length; length++) {
            assertThat(SharedPort.begins(ByteBuffer.wrap(REQUEST, 0, length))).as("%s bytes", length).isTrue();
        }
        for (int wrong = 0; wrong < SharedPort.KEY_LENGTH; wrong++) {
            byte[] other = REQUEST.clone();
            other[wrong] ^= 1;
            assertThat(SharedPort.begins(ByteBuffer.wrap(other))).as("another byte %s", wrong).isFalse();
        }
        assertThat(SharedPort.begins(ByteBuffer.allocate(0))).isFalse();
        assertThat(SharedPort.begins(ByteBuffer.allocate(16).putInt(0, 0x80000000 | 40))).as("a record mark").isFalse();
        assertThat(SharedPort.begins(ByteBuffer.wrap(new byte[] {22, 3, 1}))).as("TLS").isFalse();
    }

    @Test
    void aConnectionGoesOnWhereItsFirstBytesEnd() throws IOException {
        for (int read = 1; read <= SharedPort.KEY_LENGTH; read++) {
            try (Socket peer = connect()) {
                assertThat(take(Arrays.copyOf(REQUEST, read))).isTrue();
                peer.getOutputStream().write(REQUEST, read, REQUEST.length - read);
                byte[] reply = peer.getInputStream().readNBytes(MpaFrame.HEADER_LENGTH);
                assertThat(new String(reply, 0, 16, StandardCharsets.US_ASCII)).isEqualTo("MPA ID Rep Frame");
                assertThat(peer.getInputStream().read()).isEqualTo(-1);
            }
        }
    }

    @Test
    void itsHandshakesAreBoundedAsAListeners() throws IOException {
        try (Socket first = connect(); Socket second = connect(); Socket third = connect()) {
            assertThat(take(Arrays.copyOf(REQUEST, 4))).isTrue();
            assertThat(take(Arrays.copyOf(REQUEST, 4))).isTrue();
            assertThat(take(Arrays.copyOf(REQUEST, 4))).isTrue();
            assertThat(third.getInputStream().read()).as("one too many").isEqualTo(-1);
            assertThat(adapter.counters().get(IwarpCounter.REFUSED_HALF_OPEN)).isEqualTo(1);
            port.close();
            assertThat(first.getInputStream().read()).as("its port was closed").isEqualTo(-1);
            assertThat(second.getInputStream().read()).as("its port was closed").isEqualTo(-1);
        }
    }

    @Test
    void aClosedPortTakesNobody() throws IOException {
        port.close();
        try (Socket peer = connect()) {
            assertThat(take(REQUEST)).isFalse();
            assertThat(peer.getInputStream().read()).isEqualTo(-1);
        }
    }
}
