// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.handshake;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpResources;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpSettings;
import org.dcache.oncrpc4j.rdma.verbs.MemoryBudget;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class NewcomersTest {

    @Test
    void socketsAreConfiguredWithoutTheMonitor() throws Exception {
        Configuration config = Configuration.of(Map.of("oncrpc.rdma.memory", "64m"));
        IwarpResources resources = new IwarpResources(IwarpSettings.of(config), MemoryBudget.of(config));
        try (ServerSocketChannel listening = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                SocketChannel peer = SocketChannel.open(listening.getLocalAddress())) {
            Newcomers newcomers = new Newcomers(resources, (InetSocketAddress) listening.getLocalAddress(), request -> {});
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
            resources.close();
        }
    }
}
