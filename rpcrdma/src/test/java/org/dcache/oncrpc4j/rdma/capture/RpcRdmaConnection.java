// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.iwarp.wire.ReadRequestHeader;
import org.dcache.oncrpc4j.rdma.proto.MalformedHeaderException;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.proto.RpcWords;

/**
 * One connection as RPC-over-RDMA sees it (RFC 8166, RFC 8167): matches replies to calls, keeps to credits, and follows every RDMA Write
 * and Read into the chunk that a call offered for it, so that nothing in a capture goes unexplained. Each header is encoded again and must
 * give the same bytes. Directions of calls are independent of each other.
 */
final class RpcRdmaConnection {

    /** What one direction's calls have outstanding. */
    private static final class Requester {
        final Map<Integer, List<Exposure>> calls = new HashMap<>();
        final ArrayDeque<PendingRead> reads = new ArrayDeque<>();
        int granted = 1;
    }

    /** A Read Request whose response is not complete. */
    private static final class PendingRead {
        final ByteBuffer request;
        final Exposure source;
        long done;

        PendingRead(ByteBuffer request, Exposure source) {
            this.request = request;
            this.source = source;
        }
    }

    private final CaptureListener listener;
    private final RpcRdmaMessage decoded = new RpcRdmaMessage();
    private final RdmaHeader header = decoded.header();
    private final Map<Direction, Requester> requesters = new EnumMap<>(Direction.class);

    RpcRdmaConnection(CaptureListener listener) {
        this.listener = listener;
        for (Direction direction : Direction.values()) {
            requesters.put(direction, new Requester());
        }
    }

    void write(int frame, Direction direction, int stag, long offset, ByteBuffer payload) {
        if (payload.hasRemaining()) {
            exposure(frame, direction, stag, offset, payload.remaining(), true).move(offset, payload);
        }
    }

    void readRequest(int frame, Direction direction, ByteBuffer request) {
        long size = Integer.toUnsignedLong(ReadRequestHeader.size(request, 0));
        Exposure source = exposure(frame, direction, ReadRequestHeader.sourceStag(request, 0),
                ReadRequestHeader.sourceOffset(request, 0), size, false);
        requesters.get(direction).reads.add(new PendingRead(request, source));
    }

    void readResponse(int frame, Direction direction, int stag, long offset, ByteBuffer payload, boolean last) {
        ArrayDeque<PendingRead> reads = requesters.get(direction.reverse()).reads;
        PendingRead read = reads.peek();
        if (read == null || stag != ReadRequestHeader.sinkStag(read.request, 0)
                || offset != ReadRequestHeader.sinkOffset(read.request, 0) + read.done) {
            throw new CaptureException(frame, "Read Response that continues no Read Request");
        }
        read.source.move(ReadRequestHeader.sourceOffset(read.request, 0) + read.done, payload);
        read.done += payload.remaining();
        if (last) {
            if (read.done != Integer.toUnsignedLong(ReadRequestHeader.size(read.request, 0))) {
                throw new CaptureException(frame, "Read Response of " + read.done + " bytes is not as long as was asked for");
            }
            reads.remove();
        }
    }

    void send(int frame, Direction direction, ByteBuffer message, boolean invalidates, int invalidated) {
        ByteBuffer rpc;
        try {
            int length = decoded.decode(message);
            ByteBuffer again = ByteBuffer.allocate(length);
            header.encode(again, 0);
            StrictConnection.requireSame(frame, "RPC-over-RDMA header", message.slice(message.position(), length), again);
            rpc = decoded.rpc();
            if (header.procedure() == RdmaHeader.RDMA_MSG) {
                requireXid(frame, rpc);
            }
            if (decoded.isCall()) {
                call(frame, direction, rpc, invalidates);
            } else {
                rpc = reply(frame, direction, rpc, invalidates, invalidated);
            }
        } catch (MalformedHeaderException e) {
            throw new CaptureException(frame, e.getMessage(), e);
        }
        listener.rpc(frame, direction, header, rpc);
    }

    private void requireXid(int frame, ByteBuffer rpc) {
        if (rpc.remaining() < RpcWords.DIRECTION_LENGTH || RpcWords.xid(rpc, 0) != header.xid()) {
            throw new CaptureException(frame, "XID of header and RPC message are not the same");
        }
    }

    private void call(int frame, Direction direction, ByteBuffer rpc, boolean invalidates) throws MalformedHeaderException {
        Requester requester = requesters.get(direction);
        header.checkCall();
        header.sortReads();
        header.checkReads(rpc.remaining());
        List<Exposure> exposures = new ArrayList<>();
        for (int i = 0; i < header.readCount(); i++) {
            exposures.add(new Exposure(header.readHandle(i), header.readLength(i), header.readOffset(i), false));
        }
        for (int chunk = RdmaHeader.REPLY; chunk < header.writeCount(); chunk++) {
            for (int i = 0; i < header.writeSegments(chunk); i++) {
                exposures.add(new Exposure(header.writeHandle(chunk, i), header.writeLength(chunk, i), header.writeOffset(chunk, i), true));
            }
        }
        if (invalidates || requester.calls.put(header.xid(), exposures) != null) {
            throw new CaptureException(frame, "a call invalidates memory, or its XID is outstanding already");
        }
        if (requester.calls.size() > requester.granted) {
            throw new CaptureException(frame, requester.calls.size() + " calls outstanding with " + requester.granted + " granted");
        }
    }

    /** Returns the RPC message, from the Reply chunk where it is there. */
    private ByteBuffer reply(int frame, Direction direction, ByteBuffer inline, boolean invalidates, int invalidated)
            throws MalformedHeaderException {
        Requester requester = requesters.get(direction.reverse());
        List<Exposure> exposures = requester.calls.remove(header.xid());
        if (exposures == null) {
            throw new CaptureException(frame, "a reply to no outstanding call");
        }
        if (invalidates && exposures.stream().noneMatch(e -> e.handle == invalidated)) {
            throw new CaptureException(frame, "Send with Invalidate of a handle that its call did not offer");
        }
        requester.granted = Math.max(1, header.credits());
        if (header.procedure() == RdmaHeader.RDMA_ERROR) {
            return inline;
        }
        header.checkReply();
        ByteBuffer rpc = written(frame, exposures.stream().filter(e -> e.writable).toList());
        if (header.procedure() == RdmaHeader.RDMA_MSG) {
            return inline;
        }
        requireXid(frame, rpc);
        return rpc;
    }

    /** Compares the reply's lists with what was offered and written; returns the Reply chunk's content. */
    private ByteBuffer written(int frame, List<Exposure> offered) {
        int next = 0;
        ByteBuffer reply = ByteBuffer.allocate((int) header.writeTotal(RdmaHeader.REPLY));
        for (int chunk = RdmaHeader.REPLY; chunk < header.writeCount(); chunk++) {
            for (int i = 0; i < header.writeSegments(chunk); i++) {
                Exposure e = next < offered.size() ? offered.get(next++) : null;
                int length = header.writeLength(chunk, i);
                if (e == null || e.handle != header.writeHandle(chunk, i) || !e.holds(header.writeOffset(chunk, i), length)
                        || e.moved() != length) {
                    throw new CaptureException(frame, "the reply's chunks are not those of the call, or not as long as what was written");
                }
                if (chunk == RdmaHeader.REPLY) {
                    reply.put(e.data(length));
                }
            }
        }
        if (next != offered.size()) {
            throw new CaptureException(frame, "the reply returns " + next + " of " + offered.size() + " segments offered");
        }
        return reply.flip();
    }

    private Exposure exposure(int frame, Direction direction, int stag, long offset, long length, boolean writable) {
        for (List<Exposure> exposures : requesters.get(direction.reverse()).calls.values()) {
            for (Exposure e : exposures) {
                if (e.handle == stag && e.writable == writable && e.holds(offset, length)) {
                    return e;
                }
            }
        }
        throw new CaptureException(frame, String.format("no outstanding call offers STag %08x, offset %x, %d bytes", stag, offset, length));
    }
}
