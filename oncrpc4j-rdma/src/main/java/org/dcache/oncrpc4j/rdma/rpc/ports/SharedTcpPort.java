// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.ports;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.List;
import org.dcache.oncrpc4j.rdma.xprt.Acceptor;

/**
 * RDMA on a service's TCP port. TCP may be bound to all addresses of the machine and RDMA to some of them: a connection that came to
 * another is not taken. Any thread.
 *
 * @param addresses on which RDMA is served
 */
public record SharedTcpPort(Acceptor acceptor, List<InetAddress> addresses) {

    public boolean take(SocketChannel channel, ByteBuffer head) {
        return serves(channel) && acceptor.take(channel, head);
    }

    private boolean serves(SocketChannel channel) {
        try {
            InetAddress local = ((InetSocketAddress) channel.getLocalAddress()).getAddress();
            return addresses.stream().anyMatch(address -> address.isAnyLocalAddress() || address.equals(local));
        } catch (IOException e) {
            return false;
        }
    }
}
