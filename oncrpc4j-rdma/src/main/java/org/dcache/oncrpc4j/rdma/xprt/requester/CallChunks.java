// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.requester;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.proto.HeaderLayout;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.verbs.Access;
import org.dcache.oncrpc4j.rdma.verbs.Exposure;
import org.dcache.oncrpc4j.rdma.verbs.MemorySource;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.error.BackwardCallTooLongException;
import org.dcache.oncrpc4j.rdma.xprt.error.HeaderTooLongException;
import org.dcache.oncrpc4j.rdma.xprt.link.Link;
import org.dcache.oncrpc4j.rdma.xprt.memory.RegbufPool;
import org.dcache.oncrpc4j.rdma.xprt.send.Expected;
import org.dcache.oncrpc4j.rdma.xprt.send.OutMessage;
import org.dcache.oncrpc4j.rdma.xprt.send.SendContext;

/**
 * Decides how a call travels and what its reply is offered, exposes the memory and builds header and inline part (RFC 8166, 3.4.5, 3.5.3,
 * 4.3.3; kernel: {@code rpcrdma_marshal_req}).
 *
 * <p>Results first, since their chunks take header space: all inline when the largest reply fits; else one Write chunk for each eligible
 * result, and a Reply chunk when the rest may not fit. Then the arguments: all inline, else the eligible items by Read chunks, else the
 * whole call by a Position-Zero Read chunk. A call of the side that accepted goes backward and has no chunks at all (RFC 8167; a Linux
 * client takes one with chunks for a reply and drops it). Stateless; what it exposed is in the call, for the fence, also when it throws.
 */
final class CallChunks {

    /** Header bytes of one Read list entry. */
    private static final int READ_ENTRY = HeaderLayout.READ_ENTRY;
    /** Header bytes of a Write chunk of one segment. */
    private static final int WRITE_CHUNK = HeaderLayout.WORD + HeaderLayout.WORD + HeaderLayout.SEGMENT;
    /** Bytes of arguments and results that a loop handles itself; to clear memory for more would take it too long. */
    private static final int MOST_ON_LOOP = 64 << 10;

    private CallChunks() {}

    /**
     * @return length of the inline buffer's content
     * @throws IOException when memory cannot be exposed or the header does not fit
     */
    static int build(Link connection, ResultMemory results, PendingCall call, SendContext context) throws IOException {
        RdmaHeader h = context.header().reset().xid(call.xid()).version(RdmaHeader.VERSION).credits(connection.wanted());
        if (connection.isInitiator()) {
            offerResults(connection, results, call, context, h);
        }
        OutMessage message = context.message();
        int room = connection.inlineSend();
        boolean whole = h.encodedLength() + message.length() > room;
        if (whole && !connection.isInitiator()) {
            throw new BackwardCallTooLongException("a call of " + message.length()
                    + " bytes to a client must fit inline with its header of "
                    + h.encodedLength() + "; the client takes " + room + ", see oncrpc.rdma.inline");
        }
        if (whole) {
            message.ensureRegistered(connection.device().regbufs());
        }
        boolean reduced = whole && message.items() > 0 && reduce(connection, call, context, h);
        h.procedure(RdmaHeader.RDMA_MSG);
        if (whole && !reduced) {
            h.clearReads();
            h.procedure(RdmaHeader.RDMA_NOMSG);
            expose(connection, call, context, h, 0, 0, message.length());
        }
        int headerLength = h.encodedLength();
        int length = whole && !reduced ? headerLength : headerLength + message.reducedLength();
        if (length > room) {
            throw new HeaderTooLongException("the chunk lists of a call take " + length + " bytes; the peer takes " + room);
        }
        ByteBuffer target = context.inline(connection.device().regbufs(), length);
        target.position(h.encode(target, 0));
        if (!whole || reduced) {
            message.copyKept(target);
        }
        call.callPath(!whole ? XprtCounter.CLIENT_CALL_INLINE
                : reduced ? XprtCounter.CLIENT_CALL_READ_CHUNK : XprtCounter.CLIENT_CALL_LONG);
        return length;
    }

    /** Takes what the call needs, if that lies ready and none of it is large: a loop may build it then. Before the call is built. */
    static boolean takeReady(Link connection, SendContext context) {
        OutMessage message = context.message();
        Expected expected = context.expected();
        boolean results = connection.isInitiator() && !repliedInline(connection, expected);
        int header = RdmaHeader.MIN_LENGTH + (results ? expected.results() * WRITE_CHUNK : 0);
        boolean arguments = header + message.length() > connection.inlineSend();
        if (results && !mayOffer(connection, expected) || arguments && !(message.isRegistered() && message.length() <= MOST_ON_LOOP)) {
            return false;
        }
        int exposures = (results ? expected.results() : 0) + (arguments ? pieces(message) : 0);
        if (exposures > 0 && !connection.queuePair().exposesAtOnce(exposures)) {
            return false;
        }
        RegbufPool pool = connection.device().regbufs();
        for (int i = 0; results && i < expected.results(); i++) {
            if (!context.takeResult(pool, ResultSink.bytesOfWriteChunk(connection.inlineReceive(), offered(expected, i)))) {
                return false;
            }
        }
        return context.takeInline(pool, connection.inlineSend());
    }

    /** Whether the results that go by Write chunks are not large, and the rest needs no Reply chunk. */
    private static boolean mayOffer(Link connection, Expected expected) {
        long all = 0;
        for (int i = 0; i < expected.results(); i++) {
            all += offered(expected, i);
        }
        long rest = RdmaHeader.MIN_LENGTH + (long) expected.results() * WRITE_CHUNK + expected.bound();
        return expected.bound() != Expected.UNKNOWN && rest <= connection.inlineReceive() && all <= MOST_ON_LOOP;
    }

    /** In how many pieces of memory a message that does not go inline is exposed at most, its items or the whole. */
    private static int pieces(OutMessage message) {
        int ofItems = 0;
        for (int i = 0; i < message.items(); i++) {
            ofItems += message.pieces(message.itemPosition(i), message.itemLength(i));
        }
        return Math.max(ofItems, message.pieces(0, message.length()));
    }

    /** What the chunk for a result holds. */
    private static int offered(Expected expected, int result) {
        return Math.max(4, expected.maximum(result));
    }

    /** Whether the largest reply fits inline. */
    private static boolean repliedInline(Link connection, Expected expected) {
        long all = RdmaHeader.MIN_LENGTH + (long) expected.bound();
        for (int i = 0; i < expected.results(); i++) {
            all += expected.maximum(i) + 3 & ~3L;
        }
        return expected.bound() != Expected.UNKNOWN && all <= connection.inlineReceive();
    }

    private static void offerResults(Link connection, ResultMemory results, PendingCall call, SendContext context, RdmaHeader h)
            throws IOException {
        Expected expected = context.expected();
        if (repliedInline(connection, expected)) {
            return;
        }
        int room = connection.inlineReceive();
        boolean known = expected.bound() != Expected.UNKNOWN;
        for (int i = 0; i < expected.results(); i++) {
            ResultSink sink = ResultSink.ofWriteChunk(connection, results, room, offered(expected, i), call.listener().borrows(),
                    context.nextResult());
            call.addResult(sink);
            Exposure exposure = expose(connection, call, context, sink);
            h.beginWrite();
            h.addWriteSegment(exposure.stag(), exposure.length(), exposure.offset());
            connection.counters().increment(XprtCounter.CLIENT_OFFERED_WRITE_CHUNK);
        }
        if (!known || h.encodedLength() + expected.bound() > room) {
            int length = known ? expected.bound() : connection.limits().maxReply();
            ResultSink sink = ResultSink.ofReplyChunk(connection, results, length);
            call.longReply(sink);
            Exposure exposure = expose(connection, call, context, sink);
            h.beginReply();
            h.addReplySegment(exposure.stag(), exposure.length(), exposure.offset());
            connection.counters().increment(XprtCounter.CLIENT_OFFERED_REPLY_CHUNK);
        }
    }

    private static Exposure expose(Link connection, PendingCall call, SendContext context, ResultSink sink) throws IOException {
        Exposure exposure = connection.queuePair().expose(sink, Access.REMOTE_WRITE);
        sink.exposed(exposure);
        keep(call, context, exposure);
        return exposure;
    }

    /** Moves as few eligible items as make the rest fit, the largest first; false when even all do not. */
    private static boolean reduce(Link connection, PendingCall call, SendContext context, RdmaHeader h) throws IOException {
        OutMessage message = context.message();
        int room = connection.inlineSend();
        int reads = 0;
        while (h.encodedLength() + reads * READ_ENTRY + message.reducedLength() > room) {
            int largest = -1;
            for (int i = 0; i < message.items(); i++) {
                if (!message.moved(i) && (largest < 0 || message.itemLength(i) > message.itemLength(largest))) {
                    largest = i;
                }
            }
            if (largest < 0 || message.itemLength(largest) <= READ_ENTRY) {
                message.unmove();
                return false;
            }
            message.move(largest);
            reads += message.pieces(message.itemPosition(largest), message.itemLength(largest));
        }
        for (int i = 0; i < message.items(); i++) {
            if (message.moved(i)) {
                expose(connection, call, context, h, message.itemPosition(i), message.itemPosition(i), message.itemLength(i));
            }
        }
        return true;
    }

    /** Adds the Read chunk of a part of the message, one entry for each piece of memory that it lies in. */
    private static void expose(Link connection, PendingCall call, SendContext context, RdmaHeader h, int position, int from,
            int n) throws IOException {
        OutMessage message = context.message();
        int pieces = message.pieces(from, n);
        for (int k = 0; k < pieces; k++) {
            Exposure exposure = connection.queuePair().expose(MemorySource.of(message.piece(from, n, k)), Access.REMOTE_READ);
            keep(call, context, exposure);
            h.addRead(position, exposure.stag(), exposure.length(), exposure.offset());
        }
    }

    private static void keep(PendingCall call, SendContext context, Exposure exposure) {
        call.add(exposure);
        if (exposure.bindRequest() != null) {
            context.chain(exposure.bindRequest());
        }
    }
}
