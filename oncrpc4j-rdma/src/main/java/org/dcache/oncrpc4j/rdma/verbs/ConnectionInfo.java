// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs;

import java.net.InetSocketAddress;

/**
 * What was agreed when a connection came up.
 *
 * @param provider name of the provider
 * @param local our address, resolved, with a real IP address
 * @param remote the peer's address; its port is unique among this endpoint's connections
 * @param peerPrivateData the upper layer's private data of the peer; empty when none or unreadable, padded with zeros by some
 *     providers
 * @param inboundReads RDMA Reads the peer may have outstanding
 * @param outboundReads RDMA Reads we may have outstanding; the provider queues what goes beyond
 * @param checksum whether messages carry a checksum of the provider's own (CRC32C on iWARP)
 * @param detail more, for the log line (on iWARP: MPA revision, MULPDU)
 */
public record ConnectionInfo(
        String provider,
        InetSocketAddress local,
        InetSocketAddress remote,
        byte[] peerPrivateData,
        int inboundReads,
        int outboundReads,
        boolean checksum,
        String detail) {}
