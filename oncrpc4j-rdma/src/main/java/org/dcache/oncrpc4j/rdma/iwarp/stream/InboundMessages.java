// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.stream;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.dcache.oncrpc4j.rdma.iwarp.memory.IwarpExposure;
import org.dcache.oncrpc4j.rdma.iwarp.memory.ReadRequests;
import org.dcache.oncrpc4j.rdma.iwarp.memory.StagTable;
import org.dcache.oncrpc4j.rdma.iwarp.rx.PooledReceive;
import org.dcache.oncrpc4j.rdma.iwarp.rx.ReadSinks;
import org.dcache.oncrpc4j.rdma.iwarp.rx.ReceivePool;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpCounter;
import org.dcache.oncrpc4j.rdma.iwarp.wire.DdpHeader;
import org.dcache.oncrpc4j.rdma.iwarp.wire.FpduLayout;
import org.dcache.oncrpc4j.rdma.iwarp.wire.RdmapOpcode;
import org.dcache.oncrpc4j.rdma.iwarp.wire.ReadRequestHeader;
import org.dcache.oncrpc4j.rdma.iwarp.wire.TerminateCode;
import org.dcache.oncrpc4j.rdma.iwarp.wire.TerminateMessage;
import org.dcache.oncrpc4j.rdma.verbs.Access;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.dcache.oncrpc4j.rdma.verbs.error.ResourceLimitException;

/**
 * What arriving DDP segments mean: checks each header before a byte is placed, says where the payload goes, and acts when the
 * FPDU is whole and its CRC right. Loop thread only.
 *
 * <p>The calls for one FPDU: {@link #begin} with its first four bytes, {@link #header}, which says in the {@link Segment} where the payload
 * goes, {@link #stillPlaceable} before each piece of that, {@link #done}. Each check that fails ends the connection with the Terminate of
 * RFC 5040 section 4.8.
 */
final class InboundMessages {

    /** What follows a header. */
    enum Next {
        /** The payload can be placed. */
        PLACE,
        /** There is no receive buffer; {@link #awaitReceive} tells when to ask again. */
        WAIT,
        /** The connection was ended. */
        END
    }

    private static final int DDP = FpduLayout.OFFSET_ULPDU;

    private final IwarpQueuePair queuePair;
    private final StagTable stags;
    private final ReadSinks sinks;
    private final ReadRequests readRequests;
    private final SendSide sendSide;
    private final ReceivePool pool;
    private final AtomicInteger receives = new AtomicInteger();
    private final boolean emptyRtr;

    private final Segment segment;
    /** Of the segment, for a Terminate; null while there is none. */
    private ByteBuffer segmentHeader;
    private int segmentLength;
    private boolean first = true;

    private PooledReceive receive;
    private RdmapOpcode receiveOpcode;
    private int received;
    /** The sequence number of the message that has come in part; 0 for none. Written by the loop. */
    private final AtomicInteger begun = new AtomicInteger();
    private int sendSequence = 1;
    private int readSequence = 1;
    private int readReceived;
    private ByteBuffer terminate;

    /** @param emptyRtr whether the first FPDU may be empty, as agreed in the handshake */
    InboundMessages(IwarpQueuePair queuePair, StagTable stags, ReadSinks sinks, ReadRequests readRequests, SendSide sendSide,
            ReceivePool pool, boolean emptyRtr, Segment segment) {
        this.queuePair = queuePair;
        this.stags = stags;
        this.sinks = sinks;
        this.readRequests = readRequests;
        this.sendSide = sendSide;
        this.pool = pool;
        this.emptyRtr = emptyRtr;
        this.segment = segment;
    }

    /** Any thread. */
    void postReceives(int count) {
        receives.addAndGet(count);
    }

    /**
     * The first four bytes of an FPDU are there.
     *
     * @return bytes of the segment's header; 0 for an FPDU without a segment, which is legal only as the RTR indication; -1 when the
     *        connection was ended
     */
    int begin(ByteBuffer header, int ulpdu) {
        segmentHeader = null;
        if (ulpdu == 0) {
            segment.begin(null, true, 0);
            return first && emptyRtr || fail(TerminateCode.MALFORMED) ? 0 : -1;
        }
        int control = DdpHeader.control(header, DDP);
        boolean tagged = DdpHeader.isTagged(control);
        RdmapOpcode opcode = RdmapOpcode.of(DdpHeader.opcode(control));
        segment.begin(opcode, DdpHeader.isLast(control), opcode == null ? 0 : ulpdu - opcode.headerLength());
        TerminateCode error = null;
        if (DdpHeader.ddpVersion(control) != 1) {
            error = tagged ? TerminateCode.DDP_VERSION_TAGGED : TerminateCode.DDP_VERSION_UNTAGGED;
        } else if (DdpHeader.rdmapVersion(control) != 1) {
            error = TerminateCode.RDMAP_VERSION;
        } else if (opcode == null || opcode.isTagged() != tagged) {
            error = TerminateCode.UNEXPECTED_OPCODE;
        } else if (segment.payload < 0) {
            error = TerminateCode.MALFORMED;
        }
        return error == null || fail(error) ? opcode.headerLength() : -1;
    }

    /** The whole header of a segment is there. */
    Next header(ByteBuffer header, int ulpdu) {
        segmentHeader = header;
        segmentLength = ulpdu;
        RdmapOpcode opcode = segment.opcode;
        if (!opcode.isTagged() && DdpHeader.queue(header, DDP) != opcode.queue()) {
            fail(TerminateCode.INVALID_QN);
            return Next.END;
        }
        return switch (opcode) {
            case RDMA_WRITE -> next(writeHeader(header));
            case READ_RESPONSE -> next(responseHeader(header));
            case READ_REQUEST -> next(requestHeader(header));
            case TERMINATE -> next(terminateHeader());
            default -> sendHeader(header);
        };
    }

    private static Next next(boolean right) {
        return right ? Next.PLACE : Next.END;
    }

    private boolean writeHeader(ByteBuffer header) {
        int payload = segment.payload;
        if (payload == 0) {
            return true;
        }
        IwarpExposure exposure = stags.find(DdpHeader.stag(header, DDP));
        if (exposure == null || exposure.access() != Access.REMOTE_WRITE) {
            return fail(TerminateCode.STAG_INVALID);
        }
        long to = DdpHeader.taggedOffset(header, DDP);
        if (Long.compareUnsigned(to + payload, to) < 0) {
            return fail(TerminateCode.TO_WRAP);
        }
        if (!exposure.contains(to, payload)) {
            return fail(TerminateCode.BOUNDS);
        }
        int at = (int) (to - exposure.offset());
        try {
            segment.to(exposure.view(at + payload), at);
        } catch (ResourceLimitException e) {
            queuePair.abort(e);
            return false;
        }
        segment.exposure = exposure;
        return true;
    }

    private boolean responseHeader(ByteBuffer header) {
        if (sinks.isEmpty()) {
            return fail(TerminateCode.UNEXPECTED_OPCODE);
        }
        if (DdpHeader.stag(header, DDP) != sinks.oldestStag()) {
            return fail(TerminateCode.STAG_INVALID);
        }
        int payload = segment.payload;
        int left = sinks.oldestLength() - readReceived;
        if (DdpHeader.taggedOffset(header, DDP) != readReceived || payload > left || segment.last != (payload == left)) {
            return fail(TerminateCode.BOUNDS);
        }
        if (payload > 0) {
            segment.to(sinks.oldestView(), readReceived);
        }
        return true;
    }

    private boolean requestHeader(ByteBuffer header) {
        if (segment.payload != 0 || !segment.last) {
            return fail(TerminateCode.MALFORMED);
        }
        if (DdpHeader.msn(header, DDP) != readSequence) {
            return fail(TerminateCode.INVALID_MSN);
        }
        return DdpHeader.messageOffset(header, DDP) == 0 || fail(TerminateCode.INVALID_MO);
    }

    private boolean terminateHeader() {
        if (segment.payload < TerminateMessage.CONTROL_LENGTH || segment.payload > TerminateMessage.MAX_LENGTH) {
            return fail(TerminateCode.MALFORMED);
        }
        terminate = ByteBuffer.allocate(segment.payload);
        segment.to(terminate, 0);
        return true;
    }

    private Next sendHeader(ByteBuffer header) {
        TerminateCode error = null;
        if (DdpHeader.msn(header, DDP) != sendSequence) {
            error = TerminateCode.INVALID_MSN;
        } else if (DdpHeader.messageOffset(header, DDP) != received) {
            error = TerminateCode.INVALID_MO;
        } else if (receive != null && segment.opcode != receiveOpcode) {
            error = TerminateCode.UNEXPECTED_OPCODE;
        } else if (segment.payload > pool.size() - received) {
            error = TerminateCode.MESSAGE_TOO_LONG;
        } else if (receive == null && receives.get() <= 0) {
            error = TerminateCode.NO_RECEIVE_POSTED;
        }
        if (error != null) {
            fail(error);
            return Next.END;
        }
        if (receive == null) {
            receives.decrementAndGet();
            receiveOpcode = segment.opcode;
            return receive();
        }
        segment.to(receive.data(), received);
        return Next.PLACE;
    }

    /** Takes a receive buffer for the message that begins with this segment. @return WAIT when there is none */
    Next receive() {
        receive = pool.take();
        if (receive == null) {
            return Next.WAIT;
        }
        begun.lazySet(sendSequence);
        segment.to(receive.data(), 0);
        return Next.PLACE;
    }

    /** Whether there is no receive buffer for the next message. */
    boolean isShort() {
        return pool.isEmpty();
    }

    /** Which message has come in part, and keeps a receive buffer; 0 for none. Any thread. */
    int begun() {
        return begun.get();
    }

    /** Runs {@code retry} when {@link #receive} may find a buffer. */
    void awaitReceive(Runnable retry) {
        pool.await(retry);
    }

    /** Whether the memory that the payload goes to is still exposed; if not, the connection was ended. */
    boolean stillPlaceable() {
        return segment.exposure == null || segment.exposure.isValid() || fail(TerminateCode.STAG_INVALID);
    }

    /** The FPDU is whole and its CRC right. */
    void done(ByteBuffer header) {
        if (first) {
            first = false;
            queuePair.peerSpoke();
        }
        if (segment.opcode == null) {
            return;
        }
        switch (segment.opcode) {
            case RDMA_WRITE -> writeDone();
            case READ_RESPONSE -> responseDone();
            case READ_REQUEST -> requestDone(header);
            case TERMINATE -> queuePair.terminated(TerminateMessage.decode(terminate, 0));
            default -> sendDone(header);
        }
    }

    private void writeDone() {
        if (segment.exposure != null) {
            segment.exposure.written(segment.at - segment.payload, segment.payload);
            segment.exposure = null;
        }
    }

    private void responseDone() {
        readReceived += segment.payload;
        if (segment.last) {
            readReceived = 0;
            WorkRequest request = sinks.remove();
            sendSide.readDone();
            queuePair.readCompleted(request, true);
        }
    }

    private void requestDone(ByteBuffer header) {
        int at = DDP + DdpHeader.UNTAGGED_LENGTH;
        if (readRequests.isFull()) {
            fail(TerminateCode.IRD_OVERRUN);
            return;
        }
        readSequence++;
        long size = ReadRequestHeader.size(header, at) & 0xffffffffL;
        IwarpExposure exposure = null;
        int offset = 0;
        if (size > 0) {
            long to = ReadRequestHeader.sourceOffset(header, at);
            exposure = stags.find(ReadRequestHeader.sourceStag(header, at));
            TerminateCode error = null;
            if (exposure == null) {
                error = TerminateCode.READ_STAG_INVALID;
            } else if (exposure.access() != Access.REMOTE_READ) {
                error = TerminateCode.READ_ACCESS;
            } else if (Long.compareUnsigned(to + size, to) < 0) {
                error = TerminateCode.READ_WRAP;
            } else if (!exposure.contains(to, size)) {
                error = TerminateCode.READ_BOUNDS;
            }
            if (error != null) {
                fail(error);
                return;
            }
            try {
                exposure.view(exposure.length());
            } catch (ResourceLimitException e) {
                queuePair.abort(e);
                return;
            }
            exposure.pin();
            offset = (int) (to - exposure.offset());
        }
        readRequests.add(ReadRequestHeader.sinkStag(header, at), ReadRequestHeader.sinkOffset(header, at), (int) size, exposure,
                offset);
        sendSide.kick();
    }

    private void sendDone(ByteBuffer header) {
        received += segment.payload;
        if (!segment.last) {
            return;
        }
        if (segment.opcode.invalidates()) {
            int stag = DdpHeader.invalidateStag(header, DDP);
            IwarpExposure exposure = stags.find(stag);
            if (exposure != null) {
                // A Read Response may have reached the peer before the thread that wrote it could say so: the peer can name the memory no
                // more, but it is not free yet. It is reported as a plain Send then, and the upper layer's own revoke waits for that
                // thread.
                stags.remove(exposure);
                if (!exposure.isPinned()) {
                    receive.invalidated(stag);
                }
            } else if (stags.wasRetired(stag)) {
                queuePair.count(IwarpCounter.LATE_INVALIDATE);
            } else {
                fail(TerminateCode.CANNOT_INVALIDATE);
                return;
            }
        }
        PooledReceive message = receive;
        message.data().position(0).limit(received);
        receive = null;
        received = 0;
        begun.lazySet(0);
        sendSequence++;
        queuePair.received(message);
    }

    /** The connection has ended: a half-received message goes back to the pool. */
    void close() {
        if (receive != null) {
            receive.release();
            receive = null;
        }
    }

    /** Ends the connection with a Terminate. @return false */
    boolean fail(TerminateCode error) {
        queuePair.violated(error, segmentHeader, segmentLength, segment.opcode);
        return false;
    }
}
