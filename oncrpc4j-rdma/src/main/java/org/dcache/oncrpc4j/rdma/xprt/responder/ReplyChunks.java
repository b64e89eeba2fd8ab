// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.responder;

import static org.dcache.oncrpc4j.rdma.proto.RdmaHeader.REPLY;

import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.link.Link;
import org.dcache.oncrpc4j.rdma.xprt.send.ChunkWriter;
import org.dcache.oncrpc4j.rdma.xprt.send.OutMessage;
import org.dcache.oncrpc4j.rdma.xprt.send.SendContext;

/**
 * Decides how a reply travels and builds header, inline part and RDMA Writes (RFC 8166, 4.3.2 and 4.3.3; kernel: {@code svc_rdma_sendto}).
 *
 * <p>Eligible items take the client's Write chunks in order; an item for which no chunk is left, or an empty one is, stays inline; chunks
 * left over go back with lengths 0. What remains goes inline if it fits under the threshold, else into the Reply chunk. No pad is ever
 * written into a chunk. Stateless; the caller owns everything.
 */
final class ReplyChunks {

    private ReplyChunks() {}

    /**
     * Takes and fills the inline buffer, and makes the chain of Writes.
     *
     * @return length of the inline buffer's content, or -1 when the reply does not fit what the client offered; the chain is empty then
     */
    static int build(Link connection, InboundCall call, SendContext context) {
        RdmaHeader offered = call.chunks();
        OutMessage message = context.message();
        RdmaHeader h = context.header().reset().xid(call.xid()).version(RdmaHeader.VERSION).credits(connection.grant());
        if (offered != null && !assignItems(offered, h, message)) {
            return -1;
        }
        int reduced = message.reducedLength();
        boolean replyChunk = offered != null && offered.hasReply();
        if (replyChunk) {
            offerReply(offered, h);
        }
        int headerLength = h.encodedLength();
        boolean inline = headerLength + reduced <= connection.inlineSend();
        if (!inline && (!replyChunk || offered.writeTotal(REPLY) < reduced) || headerLength > connection.inlineSend()) {
            return -1;
        }
        if (!inline || reduced < message.length()) {
            message.ensureRegistered(connection.device().regbufs());
        }
        int length = inline ? headerLength + reduced : headerLength;
        ByteBuffer target = context.inline(connection.device().regbufs(), length);
        ChunkWriter writer = context.writer().begin(connection.device().adapter().capabilities().maxSge());
        for (int chunk = 0; chunk < h.writeCount() && chunk < message.items(); chunk++) {
            if (message.moved(chunk)) {
                writer.source(message.itemPosition(chunk), message.itemLength(chunk));
                for (int s = 0; s < h.writeSegments(chunk); s++) {
                    writer.write(h.writeHandle(chunk, s), h.writeOffset(chunk, s), h.writeLength(chunk, s));
                }
            }
        }
        if (inline) {
            h.procedure(RdmaHeader.RDMA_MSG);
            target.position(h.encode(target, 0));
            message.copyKept(target);
            call.replyPath(writer.posted() > 0 ? XprtCounter.SERVER_REPLY_WRITE_CHUNK : XprtCounter.SERVER_REPLY_INLINE);
        } else {
            h.procedure(RdmaHeader.RDMA_NOMSG);
            message.keep(writer::source);
            int left = reduced;
            for (int s = 0; s < h.writeSegments(REPLY); s++) {
                int part = Math.min(left, offered.writeLength(REPLY, s));
                h.setReplyLength(s, part);
                writer.write(h.writeHandle(REPLY, s), h.writeOffset(REPLY, s), part);
                left -= part;
            }
            h.encode(target, 0);
            call.replyPath(XprtCounter.SERVER_REPLY_LONG);
        }
        Counters counters = connection.counters();
        counters.add(XprtCounter.RDMA_WRITES, writer.posted());
        counters.add(XprtCounter.RDMA_WRITE_BYTES, writer.bytes());
        return length;
    }

    /** Takes the inline buffer if that is all the reply needs, and one lies ready: a loop may build it then. */
    static boolean takeReady(Link connection, InboundCall call, SendContext context) {
        OutMessage message = context.message();
        boolean inline = call.chunks() == null && RdmaHeader.MIN_LENGTH + message.length() <= connection.inlineSend();
        return (inline || message.isRegistered()) && context.takeInline(connection.device().regbufs(), connection.inlineSend());
    }

    /** The n-th item takes the n-th chunk. False when an item is longer than its chunk. */
    private static boolean assignItems(RdmaHeader offered, RdmaHeader h, OutMessage message) {
        for (int chunk = 0; chunk < offered.writeCount(); chunk++) {
            h.beginWrite();
            int length = 0;
            if (chunk < message.items() && offered.writeSegments(chunk) > 0) {
                length = message.itemLength(chunk);
                if (length > offered.writeTotal(chunk)) {
                    return false;
                }
                message.move(chunk);
            }
            for (int s = 0; s < offered.writeSegments(chunk); s++) {
                int part = Math.min(length, offered.writeLength(chunk, s));
                h.addWriteSegment(offered.writeHandle(chunk, s), part, offered.writeOffset(chunk, s));
                length -= part;
            }
        }
        return true;
    }

    /** The Reply chunk goes back in any case; unused, its lengths are 0 [28]. */
    private static void offerReply(RdmaHeader offered, RdmaHeader h) {
        h.beginReply();
        for (int s = 0; s < offered.writeSegments(REPLY); s++) {
            h.addReplySegment(offered.writeHandle(REPLY, s), 0, offered.writeOffset(REPLY, s));
        }
    }
}
