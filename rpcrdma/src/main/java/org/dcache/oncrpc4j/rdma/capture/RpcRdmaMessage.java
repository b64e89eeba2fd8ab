// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.proto.MalformedHeaderException;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.proto.RpcWords;

/** A Send as RPC-over-RDMA sees it (RFC 8166): header and inline RPC message. Made to be used again; holds what it was given last. */
public final class RpcRdmaMessage {

    /** More than any peer offers; a message of 1 MiB has no room for twice as many. */
    private static final int MAX_SEGMENTS = 32_768;

    private final RdmaHeader header = new RdmaHeader();
    private ByteBuffer rpc = ByteBuffer.allocate(0);

    /**
     * Reads a message, from the buffer's position to its limit; neither is moved.
     *
     * @return the header's length, bytes
     * @throws MalformedHeaderException it is no RPC-over-RDMA message
     */
    public int decode(ByteBuffer message) throws MalformedHeaderException {
        rpc = ByteBuffer.allocate(0);
        int length = header.decode(message, MAX_SEGMENTS);
        rpc = message.slice(message.position() + length, message.remaining() - length);
        return length;
    }

    public RdmaHeader header() {
        return header;
    }

    /** What follows the header, from index 0. */
    public ByteBuffer rpc() {
        return rpc;
    }

    /** Whether it is a call: by the RPC message type (RFC 8167, 4), else by what the chunk lists are good for. */
    public boolean isCall() {
        if (header.procedure() == RdmaHeader.RDMA_MSG && rpc.limit() >= RpcWords.DIRECTION_LENGTH) {
            return RpcWords.type(rpc, 0) == RpcWords.CALL;
        }
        return header.procedure() == RdmaHeader.RDMA_NOMSG && header.readCount() > 0;
    }
}
