// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.dcache.oncrpc4j.rdma.iwarp.rx.PooledReceive;
import org.dcache.oncrpc4j.rdma.iwarp.rx.ReadSinks;
import org.dcache.oncrpc4j.rdma.iwarp.rx.ReceivePool;
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
 * <p>The calls for one FPDU: {@link #begin} with its first four bytes, {@link #header}, {@link #place} if there is payload,
 * {@link #stillPlaceable} before each piece of it, {@link #done}. Each check that fails ends the connection with the Terminate of RFC 5040
 * section 4.8 and false.
 */
final class InboundMessages {

    private static final int DDP = FpduLayout.OFFSET_ULPDU;

    private final IwarpQueuePair queuePair;
    private final StagTable stags;
    private final ReadSinks sinks;
    private final ReadRequests readRequests;
    private final SendSide sendSide;
    private final ReceivePool pool;
    private final AtomicInteger receives = new AtomicInteger();
    private final boolean emptyRtr;

    private RdmapOpcode opcode;
    private boolean last;
    private int payload;
    private ByteBuffer segmentHeader;
    private int segmentLength;
    private ByteBuffer place;
    private int placeAt;
    private IwarpExposure target;
    private boolean first = true;

    private PooledReceive receive;
    private RdmapOpcode receiveOpcode;
    private int received;
    private boolean waitingForReceive;
    private int sendSequence = 1;
    private int readSequence = 1;
    private int readReceived;
    private ByteBuffer terminate;

    /** @param emptyRtr whether the first FPDU may be empty, as agreed in the handshake */
    InboundMessages(IwarpQueuePair queuePair, StagTable stags, ReadSinks sinks, ReadRequests readRequests, SendSide sendSide,
            ReceivePool pool, boolean emptyRtr) {
        this.queuePair = queuePair;
        this.stags = stags;
        this.sinks = sinks;
        this.readRequests = readRequests;
        this.sendSide = sendSide;
        this.pool = pool;
        this.emptyRtr = emptyRtr;
    }

    /** Any thread. */
    void postReceives(int count) {
        receives.addAndGet(count);
    }

    /** An FPDU without ULPDU; legal only as the RTR indication. */
    boolean emptyFpdu() {
        opcode = null;
        segmentHeader = null;
        return first && emptyRtr || fail(TerminateCode.MALFORMED);
    }

    /** @return the opcode, which tells the length of the header; null when the connection was ended */
    RdmapOpcode begin(ByteBuffer header, int ulpdu) {
        int control = DdpHeader.control(header, DDP);
        boolean tagged = DdpHeader.isTagged(control);
        opcode = RdmapOpcode.of(DdpHeader.opcode(control));
        last = DdpHeader.isLast(control);
        segmentHeader = null;
        TerminateCode error = null;
        if (DdpHeader.ddpVersion(control) != 1) {
            error = tagged ? TerminateCode.DDP_VERSION_TAGGED : TerminateCode.DDP_VERSION_UNTAGGED;
        } else if (DdpHeader.rdmapVersion(control) != 1) {
            error = TerminateCode.RDMAP_VERSION;
        } else if (opcode == null || opcode.isTagged() != tagged) {
            error = TerminateCode.UNEXPECTED_OPCODE;
        } else if (ulpdu < opcode.headerLength()) {
            error = TerminateCode.MALFORMED;
        }
        if (error != null) {
            fail(error);
            return null;
        }
        return opcode;
    }

    /** The whole header is there. @return false when the connection was ended, or the message has to wait for a receive buffer */
    boolean header(ByteBuffer header, int ulpdu) {
        payload = ulpdu - opcode.headerLength();
        segmentHeader = header;
        segmentLength = ulpdu;
        place = null;
        target = null;
        if (opcode == RdmapOpcode.RDMA_WRITE) {
            return writeHeader(header);
        }
        if (opcode == RdmapOpcode.READ_RESPONSE) {
            return responseHeader(header);
        }
        if (DdpHeader.queue(header, DDP) != opcode.queue()) {
            return fail(TerminateCode.INVALID_QN);
        }
        return switch (opcode) {
            case READ_REQUEST -> requestHeader(header);
            case TERMINATE -> terminateHeader();
            default -> sendHeader(header);
        };
    }

    private boolean writeHeader(ByteBuffer header) {
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
        placeAt = (int) (to - exposure.offset());
        try {
            place = exposure.view(placeAt + payload);
        } catch (ResourceLimitException e) {
            queuePair.abort(e);
            return false;
        }
        target = exposure;
        return true;
    }

    private boolean responseHeader(ByteBuffer header) {
        if (sinks.isEmpty()) {
            return fail(TerminateCode.UNEXPECTED_OPCODE);
        }
        if (DdpHeader.stag(header, DDP) != sinks.oldestStag()) {
            return fail(TerminateCode.STAG_INVALID);
        }
        int left = sinks.oldestLength() - readReceived;
        if (DdpHeader.taggedOffset(header, DDP) != readReceived || payload > left || last != (payload == left)) {
            return fail(TerminateCode.BOUNDS);
        }
        if (payload > 0) {
            place = sinks.oldestView();
            placeAt = readReceived;
        }
        return true;
    }

    private boolean requestHeader(ByteBuffer header) {
        if (payload != 0 || !last) {
            return fail(TerminateCode.MALFORMED);
        }
        if (DdpHeader.msn(header, DDP) != readSequence) {
            return fail(TerminateCode.INVALID_MSN);
        }
        return DdpHeader.messageOffset(header, DDP) == 0 || fail(TerminateCode.INVALID_MO);
    }

    private boolean terminateHeader() {
        if (payload < TerminateMessage.CONTROL_LENGTH || payload > TerminateMessage.MAX_LENGTH) {
            return fail(TerminateCode.MALFORMED);
        }
        terminate = ByteBuffer.allocate(payload);
        place = terminate;
        placeAt = 0;
        return true;
    }

    private boolean sendHeader(ByteBuffer header) {
        if (DdpHeader.msn(header, DDP) != sendSequence) {
            return fail(TerminateCode.INVALID_MSN);
        }
        if (DdpHeader.messageOffset(header, DDP) != received) {
            return fail(TerminateCode.INVALID_MO);
        }
        if (receive != null && opcode != receiveOpcode) {
            return fail(TerminateCode.UNEXPECTED_OPCODE);
        }
        if (payload > pool.size() - received) {
            return fail(TerminateCode.MESSAGE_TOO_LONG);
        }
        if (receive == null) {
            if (receives.get() <= 0) {
                return fail(TerminateCode.NO_RECEIVE_POSTED);
            }
            receives.decrementAndGet();
            receiveOpcode = opcode;
            return retryReceive();
        }
        place = receive.data();
        placeAt = received;
        return true;
    }

    /** Whether the segment whose header came last is the last one of its message. */
    boolean isLast() {
        return last;
    }

    /** Whether {@link #header} returned false only for want of a receive buffer. */
    boolean isWaitingForReceive() {
        return waitingForReceive;
    }

    void awaitReceive(Runnable retry) {
        pool.await(retry);
    }

    /** Takes a receive buffer. @return false when there is still none */
    boolean retryReceive() {
        receive = pool.take();
        waitingForReceive = receive == null;
        if (receive != null) {
            place = receive.data();
            placeAt = 0;
        }
        return receive != null;
    }

    ByteBuffer place() {
        return place;
    }

    int placeAt() {
        return placeAt;
    }

    /** Whether the memory that the payload goes to is still exposed; if not, the connection was ended. */
    boolean stillPlaceable() {
        return target == null || target.isValid() || fail(TerminateCode.STAG_INVALID);
    }

    /** The FPDU is whole and its CRC right. */
    void done(ByteBuffer header) {
        if (first) {
            first = false;
            queuePair.peerSpoke();
        }
        if (opcode == null) {
            return;
        }
        switch (opcode) {
            case RDMA_WRITE -> writeDone();
            case READ_RESPONSE -> responseDone();
            case READ_REQUEST -> requestDone(header);
            case TERMINATE -> queuePair.terminated(TerminateMessage.decode(terminate, 0));
            default -> sendDone(header);
        }
    }

    private void writeDone() {
        if (target != null) {
            target.written(placeAt, payload);
            target = null;
        }
    }

    private void responseDone() {
        readReceived += payload;
        if (last) {
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
        received += payload;
        if (!last) {
            return;
        }
        if (opcode.invalidates()) {
            int stag = DdpHeader.invalidateStag(header, DDP);
            IwarpExposure exposure = stags.find(stag);
            if (exposure != null) {
                // A Read Response may have reached the peer before the thread that wrote it could say so: the peer can name the memory no more,
                // but it is not free yet. It is reported as a plain Send then, and the upper layer's own revoke waits for that thread.
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
        queuePair.violated(error, segmentHeader, segmentLength, opcode);
        return false;
    }
}
