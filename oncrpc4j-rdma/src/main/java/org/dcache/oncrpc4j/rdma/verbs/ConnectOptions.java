// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs;

import java.net.InetSocketAddress;

/**
 * What both ends say when they connect or accept.
 *
 * @param local address to connect from, or null (connect only)
 * @param timeoutMillis how long the whole handshake may take, at least 1
 * @param privateData the upper layer's private data, at most {@link Capabilities#maxPrivateData()} bytes
 * @param receiveSize largest message we take in one receive, in bytes
 * @param receives receives posted before the peer hears of us, at least 1
 * @param inboundReads RDMA Reads the peer may have outstanding toward us (IRD), 0..128
 * @param outboundReads RDMA Reads we would like to have outstanding (ORD), 0..128; the peer may lower it
 */
public record ConnectOptions(
        InetSocketAddress local,
        long timeoutMillis,
        byte[] privateData,
        int receiveSize,
        int receives,
        int inboundReads,
        int outboundReads) {}
