// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class BareFpdusTest {

    private SocketChannel near;
    private SocketChannel far;

    @BeforeEach
    void connect() throws IOException {
        try (ServerSocketChannel listener = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
            near = SocketChannel.open(listener.getLocalAddress());
            far = listener.accept();
        }
    }

    @AfterEach
    void close() throws IOException {
        near.close();
        far.close();
    }

    @ParameterizedTest
    @CsvSource({"1048576, 65474, true, false", "1048576, 65474, true, true", "1048576, 1442, true, true", "1048577, 65474, false, true",
        "4097, 1442, false, false", "1, 65474, true, true"})
    void dataAndMessagesComeInTheirOrder(int bytes, int fpdu, boolean crc, boolean direct) throws Exception {
        BareFpdus.Terms terms = new BareFpdus.Terms(fpdu, crc, direct);
        CompletableFuture<Void> sent = CompletableFuture.runAsync(() -> {
            try {
                BareFpdus stream = new BareFpdus(near);
                for (int i = 0; i < 3; i++) {
                    stream.put(i, bytes, 0);
                    stream.send(bytes, terms);
                }
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        BareFpdus stream = new BareFpdus(far);
        for (int i = 0; i < 3; i++) {
            // Data that was read along with the message before it is found all the same.
            assertThat(stream.take(i > 0).getInt(0)).isEqualTo(i);
            assertThat(stream.receive(bytes, terms).capacity()).isEqualTo(bytes);
        }
        sent.get(30, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @CsvSource({"false", "true"})
    void aWrongCrcIsSeen(boolean direct) throws Exception {
        ByteBuffer fpdu = ByteBuffer.allocate(16 + 10_000 + 4);
        fpdu.putShort((short) (14 + 10_000)).putShort((short) 0xc140).clear();
        near.write(fpdu);
        assertThatThrownBy(() -> new BareFpdus(far).receive(10_000, new BareFpdus.Terms(65474, true, direct)))
                .isInstanceOf(IOException.class).hasMessageContaining("expected CRC");
    }

    @Test
    void anEndThatHasGoneIsSaid() throws IOException {
        near.close();
        assertThatThrownBy(() -> new BareFpdus(far).take(false)).isInstanceOf(java.io.EOFException.class);
    }
}
