// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs;

import java.net.InetSocketAddress;

/**
 * A peer that wants to connect; its handshake is complete and waits for our answer, of which there is one: a second throws {@link
 * IllegalStateException}. It waits for no longer than the handshake time-out, and not beyond the end of its listener. Any thread.
 */
public interface ConnectionRequest {

    InetSocketAddress localAddress();

    InetSocketAddress remoteAddress();

    /**
     * The upper layer's private data as the peer sent it, padded with zeros by some providers; empty when there was none or it cannot be
     * read.
     */
    byte[] privateData();

    /**
     * Accepts. The receives in {@code options} are posted before the peer can hear of it. The handler gets
     * {@link QueuePairHandler#onEstablished}, or only {@link QueuePairHandler#onDisconnected} when the peer is gone.
     */
    void accept(ConnectOptions options, QueuePairHandler handler);

    /** Refuses, with private data (may be empty), and closes. */
    void reject(byte[] privateData);
}
