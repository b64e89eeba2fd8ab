// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class NewcomersTest {

    @Test
    void socketsAreConfiguredWithoutTheMonitor() throws Exception {
        IwarpAdapter adapter = (IwarpAdapter) new IwarpProvider().open(Configuration.of(Map.of("oncrpc.rdma.memory", "64m")));
        try (ServerSocketChannel listening = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                SocketChannel peer = SocketChannel.open(listening.getLocalAddress())) {
            Newcomers newcomers = new Newcomers(adapter, (InetSocketAddress) listening.getLocalAddress(), request -> {});
            SocketChannel accepted = listening.accept();
            Thread other = new Thread(() -> newcomers.begin(accepted, ByteBuffer.allocate(0)));
            synchronized (newcomers) {
                other.start();
                while (accepted.isBlocking()) {
                    Thread.onSpinWait();
                }
            }
            other.join();
            newcomers.close();
            assertThat(peer.read(ByteBuffer.allocate(1))).as("its listener has ended").isEqualTo(-1);
        } finally {
            adapter.close();
        }
    }
}
