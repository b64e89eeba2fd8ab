// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.stream;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.zip.CRC32C;
import org.dcache.oncrpc4j.rdma.iwarp.loop.EventLoop;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpCounter;
import org.dcache.oncrpc4j.rdma.iwarp.wire.DdpHeader;
import org.dcache.oncrpc4j.rdma.iwarp.wire.FpduLayout;
import org.dcache.oncrpc4j.rdma.iwarp.wire.ReadRequestHeader;
import org.dcache.oncrpc4j.rdma.iwarp.wire.TerminateCode;
import org.dcache.oncrpc4j.rdma.metrics.Counters;

/**
 * The receiving half of a connection: takes the byte stream apart into FPDUs, places payload, checks CRCs, and tells
 * {@link InboundMessages} of each header and each whole FPDU. Loop thread only.
 *
 * <p>Bytes are read into the loop's staging buffer and copied from there to their place. An FPDU that lies there whole is checked, then
 * placed. When much of an FPDU's payload is still to come, it is read straight into its place, and with it just so much of what follows
 * that the next header is known. Placement may therefore be before the CRC check, but only ever into memory that the peer may write anyway,
 * and nothing is delivered before the CRC is right. Between two calls nothing of the stream is in the staging buffer: parts of headers and
 * trailers are kept here, and when a message has no receive buffer to go to, the rest is set aside and reading stops.
 */
final class ReceiveSide {

    /** With so much payload of an FPDU to come, reading in place beats one more copy. */
    private static final int IN_PLACE = 32 << 10;
    /** The same in the midst of a message where the next FPDU's payload is to be read in place anyway. */
    private static final int REST_IN_PLACE = 4 << 10;
    /** What is read behind payload in place: a trailer and the longest header, so that little of the next payload comes with it. */
    private static final int LOOK_AHEAD = FpduLayout.MAX_PAD + FpduLayout.CRC_LENGTH + FpduLayout.LENGTH_FIELD + DdpHeader.UNTAGGED_LENGTH;
    /** Without a receive buffer for the next message what was read is set aside: no more than this. */
    private static final int WHEN_SHORT = 4 << 10;
    /** Bytes per turn, so that other connections of the loop get theirs. */
    private static final long TURN = 1 << 20;

    private enum Phase {
        HEADER,
        PAYLOAD,
        TRAILER
    }

    private final IwarpQueuePair queuePair;
    private final SocketChannel channel;
    private final EventLoop loop;
    private final Counters counters;
    private final InboundMessages messages;
    private final SendSide sendSide;
    private final boolean withCrc;
    private final CRC32C crc = new CRC32C();

    private final byte[] headerBytes = new byte[FpduLayout.LENGTH_FIELD + DdpHeader.UNTAGGED_LENGTH + ReadRequestHeader.LENGTH];
    private final ByteBuffer header = ByteBuffer.wrap(headerBytes);
    private final byte[] trailerBytes = new byte[FpduLayout.MAX_PAD + FpduLayout.CRC_LENGTH];
    private final ByteBuffer trailer = ByteBuffer.wrap(trailerBytes);

    private Phase phase = Phase.HEADER;
    private int have;
    private int need = FpduLayout.LENGTH_FIELD + 2;
    /** Bytes copied that are not counted yet: with small FPDUs a counter for each would be a good part of the work. */
    private long copied;
    /** Whole FPDUs that are not counted yet, likewise. */
    private long fpdus;
    private final Segment segment;
    /** What follows a header whose message waits for a receive buffer; null when none does. Others look whether it is null. */
    private volatile ByteBuffer setAside;
    private boolean discarding;
    /** The last FPDU was one that is worth reading in place, and not the end of its message. */
    private boolean bulk;
    private final ByteBuffer[] scatter = new ByteBuffer[2];

    ReceiveSide(IwarpQueuePair queuePair, SocketChannel channel, Counters counters, InboundMessages messages, Segment segment,
            SendSide sendSide, boolean withCrc) {
        this.queuePair = queuePair;
        this.channel = channel;
        this.loop = queuePair.loop();
        this.counters = counters;
        this.messages = messages;
        this.segment = segment;
        this.sendSide = sendSide;
        this.withCrc = withCrc;
    }

    /** From now on what comes is thrown away, until the peer closes. */
    void discard() {
        discarding = true;
        bulk = false;
        setAside = null;
    }

    /** Whether nothing is read since a message waits for a receive buffer. Any thread. */
    boolean isStalled() {
        return setAside != null;
    }

    /** Whether the stream stands between two FPDUs. */
    boolean isBetweenFpdus() {
        return phase == Phase.HEADER && have == 0;
    }

    /** Reads until the socket is empty or the turn is over. */
    void ready() {
        long turn = TURN;
        try {
            while (turn > 0 && setAside == null) {
                int bytes;
                boolean more;
                if (phase == Phase.PAYLOAD && segment.left >= (bulk ? REST_IN_PLACE : IN_PLACE) && segment.memory.isDirect()
                        && !discarding) {
                    int expected = segment.left + LOOK_AHEAD;
                    bytes = readInPlace();
                    more = bytes == expected;
                } else {
                    ByteBuffer staging = loop.staging().clear();
                    if (bulk) {
                        staging.limit(LOOK_AHEAD + (phase == Phase.PAYLOAD ? segment.left : 0));
                    } else if (messages.isShort()) {
                        staging.limit(WHEN_SHORT);
                    }
                    bytes = channel.read(staging);
                    counters.increment(IwarpCounter.SOCKET_READS);
                    more = !staging.hasRemaining();
                    if (bytes > 0) {
                        counters.add(IwarpCounter.BYTES_RECEIVED, bytes);
                        takeStaged(bytes);
                    }
                }
                if (bytes < 0) {
                    queuePair.inputEnded(isBetweenFpdus());
                    return;
                }
                if (!more || !queuePair.isReading()) {
                    return;
                }
                turn -= bytes;
            }
        } catch (IOException e) {
            queuePair.inputBroken(e);
        }
    }

    private void takeStaged(int bytes) {
        if (!discarding) {
            sendSide.hold();
            try {
                take(loop.staging(), 0, bytes);
            } finally {
                count();
                sendSide.letGo();
            }
        }
    }

    private void count() {
        counters.add(IwarpCounter.BYTES_COPIED_IN, copied);
        copied = 0;
        counters.add(IwarpCounter.FPDUS_RECEIVED, fpdus);
        fpdus = 0;
    }

    private int readInPlace() throws IOException {
        if (!messages.stillPlaceable()) {
            return 0;
        }
        int wanted = segment.left;
        int from = segment.at;
        ByteBuffer target = segment.memory;
        scatter[0] = target.limit(from + wanted).position(from);
        scatter[1] = loop.staging().clear().limit(LOOK_AHEAD);
        int bytes = (int) channel.read(scatter);
        scatter[0] = null;
        counters.increment(IwarpCounter.SOCKET_READS);
        if (bytes > 0) {
            counters.add(IwarpCounter.BYTES_RECEIVED, bytes);
            int inPlace = Math.min(bytes, wanted);
            if (withCrc) {
                crc.update(target.limit(from + inPlace).position(from));
            }
            target.clear();
            placed(inPlace);
            takeStaged(bytes - inPlace);
        } else {
            target.clear();
        }
        return bytes;
    }

    private void placed(int bytes) {
        segment.placed(bytes);
        if (segment.left == 0) {
            phase = Phase.TRAILER;
        }
    }

    /** Goes through bytes from the stream; stops when the connection ends or a message has to wait for a receive buffer. */
    void take(ByteBuffer bytes, int from, int to) {
        int at = from;
        while (at < to) {
            if (discarding) {
                return;
            }
            switch (phase) {
                case HEADER -> {
                    if (have == 0 && to - at > FpduLayout.LENGTH_FIELD) {
                        int ulpdu = FpduLayout.ulpduLength(bytes, at);
                        if (ulpdu > 0 && FpduLayout.fpduLength(ulpdu) <= to - at) {
                            if (!whole(bytes, at, to, ulpdu)) {
                                return;
                            }
                            at += FpduLayout.fpduLength(ulpdu);
                            continue;
                        }
                    }
                    int n = Math.min(need - have, to - at);
                    bytes.get(at, headerBytes, have, n);
                    have += n;
                    at += n;
                    if (have == need && !headerDone(bytes, at, to)) {
                        return;
                    }
                }
                case PAYLOAD -> {
                    if (!messages.stillPlaceable()) {
                        return;
                    }
                    int n = Math.min(segment.left, to - at);
                    segment.memory.put(segment.at, bytes, at, n);
                    copied += n;
                    if (withCrc) {
                        update(bytes, at, n);
                    }
                    at += n;
                    placed(n);
                }
                case TRAILER -> {
                    int n = Math.min(need - have, to - at);
                    bytes.get(at, trailerBytes, have, n);
                    have += n;
                    at += n;
                    if (have == need && !fpduDone()) {
                        return;
                    }
                }
            }
        }
    }

    /** An FPDU that is there from its first byte to its last. @return false to stop parsing */
    private boolean whole(ByteBuffer bytes, int at, int to, int ulpdu) {
        bytes.get(at, headerBytes, 0, Math.min(headerBytes.length, FpduLayout.LENGTH_FIELD + ulpdu));
        int headerLength = FpduLayout.LENGTH_FIELD + messages.begin(header, ulpdu);
        if (headerLength < FpduLayout.LENGTH_FIELD) {
            return false;
        }
        have = headerLength;
        if (!mayPlace(ulpdu, bytes, at + headerLength, to)) {
            return false;
        }
        have = 0;
        int covered = FpduLayout.crcOffset(ulpdu);
        if (withCrc) {
            crc.reset();
            update(bytes, at, covered);
            if (FpduLayout.crc(bytes, at + covered) != (int) crc.getValue()) {
                messages.fail(TerminateCode.CRC_ERROR);
                return false;
            }
        }
        expectMore();
        int payload = segment.left;
        if (payload > 0) {
            if (!messages.stillPlaceable()) {
                return false;
            }
            segment.memory.put(segment.at, bytes, at + headerLength, payload);
            segment.placed(payload);
            copied += payload;
        }
        return delivered();
    }

    /**
     * The header is whole. @return false to stop parsing: the connection was ended, or the rest of the bytes is set aside until there is a
     * receive buffer
     */
    private boolean mayPlace(int ulpdu, ByteBuffer bytes, int at, int to) {
        InboundMessages.Next next = messages.header(header, ulpdu);
        if (next == InboundMessages.Next.WAIT) {
            stall(bytes, at, to);
        }
        return next == InboundMessages.Next.PLACE;
    }

    private void expectMore() {
        bulk = segment.left >= IN_PLACE && segment.memory.isDirect() && !segment.last;
    }

    private void update(ByteBuffer bytes, int at, int length) {
        ByteBuffer view = bytes == loop.staging() ? loop.stagingView() : bytes;
        crc.update(view.limit(at + length).position(at));
        view.clear();
    }

    /** The header, or its first four bytes, are there; bytes behind them are from {@code at} on. @return false to stop parsing */
    private boolean headerDone(ByteBuffer bytes, int at, int to) {
        int ulpdu = FpduLayout.ulpduLength(header, 0);
        if (need == FpduLayout.LENGTH_FIELD + 2) {
            int headerLength = messages.begin(header, ulpdu);
            if (headerLength > 0) {
                need = FpduLayout.LENGTH_FIELD + headerLength;
            } else if (headerLength == 0) {
                // The two bytes behind the length are the pad already; see payloadPhase.
                payloadPhase(0);
            }
            return headerLength >= 0;
        }
        if (!mayPlace(ulpdu, bytes, at, to)) {
            return false;
        }
        payloadPhase(ulpdu);
        return true;
    }

    private void payloadPhase(int ulpdu) {
        if (withCrc) {
            crc.reset();
            crc.update(headerBytes, 0, have);
        }
        expectMore();
        phase = segment.left > 0 ? Phase.PAYLOAD : Phase.TRAILER;
        // An empty FPDU has its pad in the header bytes.
        need = FpduLayout.CRC_LENGTH + (ulpdu == 0 ? 0 : FpduLayout.pad(ulpdu));
        have = 0;
    }

    private boolean fpduDone() {
        if (withCrc) {
            int pad = need - FpduLayout.CRC_LENGTH;
            crc.update(trailerBytes, 0, pad);
            if (FpduLayout.crc(trailer, pad) != (int) crc.getValue()) {
                messages.fail(TerminateCode.CRC_ERROR);
                return false;
            }
        }
        phase = Phase.HEADER;
        have = 0;
        need = FpduLayout.LENGTH_FIELD + 2;
        return delivered();
    }

    /** The FPDU is whole and right. @return false to stop parsing */
    private boolean delivered() {
        fpdus++;
        messages.done(header);
        return queuePair.isReading();
    }

    private void stall(ByteBuffer bytes, int at, int to) {
        counters.increment(IwarpCounter.RECEIVE_STALLS);
        setAside = ByteBuffer.allocate(to - at).put(0, bytes, at, to - at);
        queuePair.pauseReading();
        messages.awaitReceive(() -> queuePair.resume(this::resume));
    }

    private void resume() {
        ByteBuffer rest = setAside;
        if (rest == null || !queuePair.isReading()) {
            return;
        }
        if (messages.receive() == InboundMessages.Next.WAIT) {
            messages.awaitReceive(() -> queuePair.resume(this::resume));
            return;
        }
        setAside = null;
        payloadPhase(FpduLayout.ulpduLength(header, 0));
        take(rest, 0, rest.capacity());
        count();
        if (setAside == null && queuePair.isReading()) {
            queuePair.resumeReading();
        }
    }
}
