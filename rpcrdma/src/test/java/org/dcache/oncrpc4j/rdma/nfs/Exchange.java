// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.capture.CaptureListener;
import org.dcache.oncrpc4j.rdma.capture.CaptureWalker;
import org.dcache.oncrpc4j.rdma.capture.Direction;
import org.dcache.oncrpc4j.rdma.capture.PcapFile;
import org.dcache.oncrpc4j.rdma.proto.HeaderLists;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.spi.CallHeader;
import org.dcache.oncrpc4j.rdma.spi.XdrView;

/** A captured call and its reply, with what Linux did with their chunks. */
final class Exchange {

    private static final int NONE = -1;
    private static final int PORT = 20049;

    final int frame;
    final CallHeader header;
    /** The call without the data that its Read chunk has. */
    private final ByteBuffer call;
    /** Of the Read chunk, or -1. */
    final int readPosition;
    final int readLength;
    /** Length of the Write chunk that was offered, or -1. */
    final long writeOffered;
    final boolean replyChunkOffered;

    /** The reply without the data that went into the Write chunk. */
    XdrView reply;
    /** Bytes that went into the Write chunk. */
    long written;
    boolean longReply;

    private Exchange(int frame, RdmaHeader h, ByteBuffer rpc) {
        this.frame = frame;
        this.call = copy(rpc);
        this.header = new CallHeader(call.getInt(12), call.getInt(16), call.getInt(20));
        this.readPosition = h.readCount() > 0 ? h.readPosition(0) : NONE;
        this.readLength = (int) HeaderLists.readTotal(h);
        this.writeOffered = h.writeCount() > 0 ? h.writeTotal(0) : NONE;
        this.replyChunkOffered = h.hasReply();
    }

    /** All exchanges of a capture among the test resources, in the order of the calls. */
    static List<Exchange> of(String capture) throws IOException {
        List<Exchange> exchanges = new ArrayList<>();
        Map<Integer, Exchange> pending = new HashMap<>();
        CaptureListener listener = new CaptureListener() {
            @Override
            public void rpc(int frame, Direction direction, RdmaHeader h, ByteBuffer rpc) {
                if (direction == Direction.TO_SERVER) {
                    Exchange exchange = new Exchange(frame, h, rpc);
                    exchanges.add(exchange);
                    pending.put(h.xid(), exchange);
                } else {
                    Exchange exchange = pending.remove(h.xid());
                    exchange.reply = XdrMessage.of(copy(rpc).array());
                    exchange.written = h.writeCount() > 0 ? h.writeTotal(0) : 0;
                    exchange.longReply = h.procedure() == RdmaHeader.RDMA_NOMSG;
                }
            }
        };
        InputStream stream = Exchange.class.getResourceAsStream("/captures/" + capture + ".pcap.gz");
        if (stream == null) {
            throw new AssertionError(capture + " is not among the test resources");
        }
        try (PcapFile file = PcapFile.open(stream)) {
            new CaptureWalker(PORT, listener).walk(file);
        }
        return exchanges;
    }

    private static ByteBuffer copy(ByteBuffer rpc) {
        return ByteBuffer.allocate(rpc.remaining()).put(rpc.duplicate()).flip();
    }

    /** The call as it was before its data was moved to the Read chunk. The data itself must not be looked at. */
    XdrView call() {
        int moved = readPosition == NONE ? 0 : readLength + 3 & ~3;
        return new XdrView() {
            @Override
            public int length() {
                return call.limit() + moved;
            }

            @Override
            public int getInt(int position) {
                if (moved == 0 || position + 4 <= readPosition) {
                    return call.getInt(position);
                }
                if (position < readPosition + moved) {
                    throw new AssertionError("a walk looks at data, at " + position);
                }
                return call.getInt(position - moved);
            }
        };
    }

    int argumentsOffset() {
        int verifier = 24 + 8 + (call.getInt(28) + 3 & ~3);
        return verifier + 8 + (call.getInt(verifier + 4) + 3 & ~3);
    }

    int resultsOffset() {
        return 12 + 8 + (reply.getInt(16) + 3 & ~3) + 4;
    }

    boolean hasReadChunk() {
        return readPosition != NONE;
    }

    boolean hasWriteChunk() {
        return writeOffered != NONE;
    }

    @Override
    public String toString() {
        return header + " in frame " + frame;
    }
}
