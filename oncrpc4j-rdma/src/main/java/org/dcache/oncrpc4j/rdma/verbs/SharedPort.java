// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs;

import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/**
 * A listener without a socket: the TCP port is somebody else's, who accepts there, and gives it the connections that begin as RDMA over TCP
 * does. For providers that run on TCP sockets of this process; this is the one place where a socket passes through the verbs.
 *
 * <p>A connection of RDMA over TCP begins with an MPA Request, whose first 16 bytes are its key (RFC 5044, 7.1). RPC over TCP begins with a
 * record mark: the key, taken for one, would announce a fragment of 1.3 GB. TLS begins with the byte 22.
 */
public interface SharedPort extends Listener {

    /** Bytes of the key. */
    int KEY_LENGTH = 16;

    /** Whether these bytes, at least one, are the first of the key, or begin with it. Any thread. */
    static boolean begins(ByteBuffer head) {
        ByteBuffer key = ByteBuffer.wrap("MPA ID Req Frame".getBytes(StandardCharsets.US_ASCII));
        int length = Math.min(head.remaining(), KEY_LENGTH);
        return length > 0 && key.slice(0, length).equals(head.slice(head.position(), length));
    }

    /**
     * Takes a connection, as if it had been accepted here: with all limits, time-outs and counters of a listener. Any thread; does not
     * block.
     *
     * @param channel connected, non-blocking, used by nobody else
     * @param head what was read from it, at most the key; copied
     * @return false when it is closed: the caller closes the channel
     */
    boolean take(SocketChannel channel, ByteBuffer head);
}
