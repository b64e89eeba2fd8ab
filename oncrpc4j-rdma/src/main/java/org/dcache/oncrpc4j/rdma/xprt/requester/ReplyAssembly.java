// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.requester;

import static org.dcache.oncrpc4j.rdma.proto.RdmaHeader.REPLY;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.proto.RpcWords;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.error.BadReplyException;
import org.dcache.oncrpc4j.rdma.xprt.link.Link;
import org.dcache.oncrpc4j.rdma.xprt.memory.Regbuf;

/**
 * Puts a reply together from its inline part, the Reply chunk and the Write chunks, and gives it to the call's listener (kernel:
 * {@code rpcrdma_inline_fixup} and {@code rpcrdma_decode_msg}). On the loop, after the fence: nobody else touches the memory.
 *
 * <p>With one Write chunk, the common case, the inline bytes are put around the data in its sink and nothing else moves. A reply that came
 * inline as a whole is copied out of the received message, unless its listener decodes it at once. The peer's lengths are checked against
 * what was offered and against what was written before they are used.
 */
final class ReplyAssembly {

    private ReplyAssembly() {}

    /**
     * @param data the received message, valid during the call only
     * @throws IOException when header, chunks and message contradict each other; the call's results are still to be dropped then
     */
    static void deliver(Link connection, ResultMemory results, PendingCall call, RdmaHeader h, int headerLength, ByteBuffer data)
            throws IOException {
        boolean longReply = h.procedure() == RdmaHeader.RDMA_NOMSG;
        if (!longReply && call.results() == 0 && h.writeCount() == 0 && (!h.hasReply() || h.writeTotal(REPLY) == 0)) {
            // The common small reply: nothing but its own bytes.
            call.replyPath(XprtCounter.CLIENT_REPLY_INLINE);
            inline(call, headerLength, data);
            return;
        }
        ByteBuffer reduced;
        if (longReply) {
            ResultSink sink = call.longReply();
            long total = h.writeTotal(REPLY);
            if (sink == null) {
                throw bad(connection, "a long reply of " + total + " bytes to a call that offered no Reply chunk");
            }
            for (int s = 0; s < h.writeSegments(REPLY); s++) {
                returned(connection, sink, h.writeHandle(REPLY, s), h.writeOffset(REPLY, s), h.writeLength(REPLY, s), s);
            }
            if (total < RpcWords.DIRECTION_LENGTH) {
                throw bad(connection, "a long reply of " + total + " bytes, which holds no message");
            }
            written(connection, sink, total, "a long reply");
            reduced = sink.regbuf().view(sink.headRoom(), (int) total);
            if (RpcWords.xid(reduced, 0) != call.xid() || RpcWords.type(reduced, 0) != RpcWords.REPLY) {
                throw bad(connection, "the Reply chunk does not hold the reply that its header announces");
            }
        } else {
            if (h.hasReply() && h.writeTotal(REPLY) != 0) {
                throw bad(connection, "an inline reply that also claims to have used the Reply chunk");
            }
            reduced = data.slice(headerLength, data.limit() - headerLength).order(ByteOrder.BIG_ENDIAN);
        }
        int[] lengths = new int[call.results()];
        int written = lengths(connection, call, h, lengths);
        int[] positions = new int[call.results()];
        Arrays.fill(positions, -1);
        if (call.results() > 0) {
            call.listener().locate(reduced, lengths, call.results(), positions);
        }
        call.replyPath(longReply ? XprtCounter.CLIENT_REPLY_LONG
                : written > 0 ? XprtCounter.CLIENT_REPLY_WRITE_CHUNK : XprtCounter.CLIENT_REPLY_INLINE);
        if (written > 0) {
            merge(connection, call, reduced, lengths, positions);
        } else if (longReply) {
            int total = reduced.remaining();
            results.longReplyWas(total);
            Regbuf memory = call.longReply().take(total);
            call.dropResults();
            call.replied(reduced, memory);
        } else {
            inline(call, headerLength, data);
        }
    }

    /** The whole reply is in the received message. */
    private static void inline(PendingCall call, int headerLength, ByteBuffer data) {
        int length = data.limit() - headerLength;
        // A copy needs no slice, which is an object of 64 bytes wherever the compiler does not do away with it.
        ByteBuffer whole = call.listener().decodesAtOnce() ? data.slice(headerLength, length)
                : ByteBuffer.allocate(length).put(0, data, headerLength, length);
        call.dropResults();
        call.replied(whole, null);
    }

    /** What the peer says it wrote to each chunk; returns how many chunks got anything. A missing Write list means none. */
    private static int lengths(Link connection, PendingCall call, RdmaHeader h, int[] lengths) throws IOException {
        if (h.writeCount() != 0 && h.writeCount() != lengths.length) {
            throw bad(connection, h.writeCount() + " Write chunks where " + lengths.length + " were offered");
        }
        int written = 0;
        for (int i = 0; i < h.writeCount(); i++) {
            ResultSink sink = call.result(i);
            for (int s = 0; s < h.writeSegments(i); s++) {
                returned(connection, sink, h.writeHandle(i, s), h.writeOffset(i, s), h.writeLength(i, s), s);
            }
            long total = h.writeTotal(i);
            written(connection, sink, total, "a Write chunk");
            lengths[i] = (int) total;
            if (total > 0) {
                written++;
            }
        }
        return written;
    }

    /**
     * A responder returns the segments that it was offered and changes their lengths only (RFC 8166, 3.4.6). We offer one for each chunk.
     * What stands in a segment of which nothing was used is nobody's concern.
     */
    private static void returned(Link connection, ResultSink sink, int handle, long offset, int length, int segment)
            throws IOException {
        if (length > 0 && (segment > 0 || !sink.isAt(handle, offset))) {
            throw bad(connection, "segment " + segment + " with handle 0x" + Integer.toHexString(handle) + ", offset 0x"
                    + Long.toHexString(offset) + " and " + length
                    + " bytes, which was not offered");
        }
    }

    /**
     * What the peer says that it wrote must lie in what was offered, and must have been written: the rest of the memory holds what others
     * left there.
     */
    private static void written(Link connection, ResultSink sink, long total, String what) throws IOException {
        int written = sink.written();
        if (total > written) {
            throw new BadReplyException(connection.remoteAddress() + ": expected a reply whose data was written; got " + what + " of "
                    + total + " bytes, of which the first " + written + " were written where " + sink.length() + " were offered",
                    total > sink.length() ? XprtCounter.DROPPED_BAD_REPLY : XprtCounter.REPLY_NOT_WRITTEN);
        }
    }

    private static void merge(Link connection, PendingCall call, ByteBuffer reduced, int[] lengths, int[] positions)
            throws IOException {
        int used = -1;
        int count = 0;
        int total = reduced.remaining();
        int previous = 0;
        for (int i = 0; i < lengths.length; i++) {
            if (lengths[i] > 0) {
                if (positions[i] < previous || positions[i] > reduced.remaining()) {
                    throw bad(connection, "got " + lengths[i] + " bytes by Write chunk, but the reply has no place for them");
                }
                previous = positions[i];
                total = Math.addExact(total, lengths[i] + 3 & ~3);
                used = i;
                count++;
            }
        }
        ResultSink sink = call.result(used);
        int position = positions[used];
        int length = lengths[used];
        int padded = length + 3 & ~3;
        int tail = reduced.remaining() - position;
        if (count == 1 && position <= sink.headRoom() && sink.headRoom() + padded + tail <= sink.regbuf().capacity()) {
            Regbuf memory = sink.take(sink.headRoom() + padded + tail);
            ByteBuffer whole = memory.memory();
            int start = sink.headRoom() - position;
            int end = sink.headRoom() + length;
            whole.put(start, reduced, 0, position);
            end = pad(whole, end, padded - length);
            whole.put(end, reduced, position, tail);
            call.dropResults();
            call.replied(memory.view(start, total), memory);
            return;
        }
        Regbuf memory = connection.device().regbufs().acquireUnsent(total);
        ByteBuffer whole = memory.memory();
        int from = 0;
        int at = 0;
        for (int i = 0; i < lengths.length; i++) {
            if (lengths[i] > 0) {
                whole.put(at, reduced, from, positions[i] - from);
                at += positions[i] - from;
                from = positions[i];
                whole.put(at, call.result(i).regbuf().memory(), call.result(i).headRoom(), lengths[i]);
                at = pad(whole, at + lengths[i], -lengths[i] & 3);
            }
        }
        whole.put(at, reduced, from, reduced.remaining() - from);
        call.dropResults();
        call.replied(memory.view(0, total), memory);
    }

    private static int pad(ByteBuffer target, int at, int n) {
        for (int i = 0; i < n; i++) {
            target.put(at + i, (byte) 0);
        }
        return at + n;
    }

    private static BadReplyException bad(Link connection, String what) {
        return new BadReplyException(connection.remoteAddress() + ": expected a reply that fits its chunks; got " + what);
    }
}
