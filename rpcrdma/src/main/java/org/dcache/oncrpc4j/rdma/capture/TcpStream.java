// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;
import org.dcache.oncrpc4j.rdma.iwarp.wire.MpaFrame;

/**
 * Puts one direction of a TCP connection together by sequence number: segments may come out of order, repeated and overlapping. What comes
 * twice counts once. Bytes leave in order, each segment's as soon as all before it are there. What never comes leaves as a hole: when the
 * capture ends, or when more than {@value #MAX_WAITING} bytes (or more than the budget has) would have to wait for it.
 *
 * <p>A stream begins at its SYN. Without one it begins at the first segment that holds an MPA key, else at the lowest of its first
 * segments.
 */
final class TcpStream {

    /** Takes the stream in order. */
    interface Sink {
        void bytes(Moment at, ByteBuffer bytes);

        /**
         * The next {@code length} bytes are not in the capture.
         *
         * @param offset of the first, from the start of the stream
         * @param cut the snap length cut them off a segment that is there
         */
        void missing(Moment at, long offset, long length, boolean cut);

        /** A segment whose sequence number no window can hold is passed over. */
        void stray(Moment at, int sequence);
    }

    /** Largest window of RFC 7323, bytes: what is farther ahead is no part of the stream. */
    private static final long MAX_WINDOW = 1L << 30;
    /** Most bytes that wait for a hole to be filled. */
    private static final long MAX_WAITING = 16 << 20;
    /** Segments, and bytes, to look at before a stream without a SYN is taken as it comes. */
    private static final int EARLY_SEGMENTS = 32;
    private static final long EARLY_BYTES = 1 << 18;
    /** Memory of a waiting segment beside its bytes. */
    private static final int OVERHEAD = 256;

    private record Piece(Moment at, ByteBuffer payload, int missing) {
        long length() {
            return (long) payload.remaining() + missing;
        }
    }

    private final Sink sink;
    private final HoldBudget budget;
    private final TreeMap<Long, Piece> waiting = new TreeMap<>();
    private long held;
    private boolean known;
    private boolean started;
    private boolean fromSyn;
    /** Sequence number of offset 0. */
    private int base;
    private long first;
    /** Offset of the next byte. */
    private long next;

    TcpStream(Sink sink, HoldBudget budget) {
        this.sink = sink;
        this.budget = budget;
    }

    void segment(TcpSegment s) {
        if (s.syn() && !started) {
            waiting.clear();
            release(held);
            known = true;
            started = true;
            fromSyn = true;
            base = s.sequence() + 1;
        }
        Piece piece = new Piece(s.at(), s.payload(), s.missing());
        if (piece.length() == 0) {
            return;
        }
        int sequence = s.syn() ? s.sequence() + 1 : s.sequence();
        if (!known) {
            known = true;
            base = sequence;
        }
        // Within 2 GiB of what was delivered, so that the 32-bit numbers may wrap.
        long offset = next + (sequence - base - (int) next);
        if (offset - next > MAX_WINDOW) {
            sink.stray(s.at(), sequence);
        } else if (started) {
            take(offset, piece);
        } else {
            early(offset, piece);
        }
    }

    private void early(long offset, Piece piece) {
        if (isMpa(piece.payload())) {
            // What stands before it belongs to an older connection.
            while (!waiting.isEmpty() && waiting.firstKey() < offset) {
                release(waiting.pollFirstEntry().getValue().payload().remaining() + OVERHEAD);
            }
            start(offset);
            take(offset, piece);
            return;
        }
        if (!hold(offset, piece) || waiting.size() >= EARLY_SEGMENTS || held > EARLY_BYTES) {
            start(waiting.isEmpty() ? offset : Math.min(offset, waiting.firstKey()));
            deliver();
            take(offset, piece);
        }
    }

    private static boolean isMpa(ByteBuffer payload) {
        int at = payload.position();
        return payload.remaining() >= MpaFrame.KEY_LENGTH
                && (MpaFrame.keyMatches(payload, at, MpaFrame.KEY_LENGTH, false)
                || MpaFrame.keyMatches(payload, at, MpaFrame.KEY_LENGTH, true));
    }

    private void start(long offset) {
        started = true;
        first = offset;
        next = offset;
    }

    private void take(long offset, Piece piece) {
        while (offset > next && !hold(offset, piece)) {
            // Nothing is left to wait with: what comes first of all that is here ends the hole.
            skipTo(waiting.isEmpty() ? offset : Math.min(offset, waiting.firstKey()), piece.at());
        }
        if (offset <= next) {
            emit(offset, piece);
            deliver();
        }
    }

    /** Lets a piece wait, in a copy, as its frame may be much larger. */
    private boolean hold(long offset, Piece piece) {
        Piece other = waiting.get(offset);
        if (other != null && other.payload().remaining() >= piece.payload().remaining()) {
            return true;
        }
        int room = piece.payload().remaining() + OVERHEAD;
        if (held + room > MAX_WAITING || !budget.take(room)) {
            return false;
        }
        held += room;
        ByteBuffer copy = ByteBuffer.allocate(piece.payload().remaining()).put(piece.payload().duplicate()).flip();
        other = waiting.put(offset, new Piece(piece.at(), copy, piece.missing()));
        if (other != null) {
            release(other.payload().remaining() + OVERHEAD);
        }
        return true;
    }

    private void release(long bytes) {
        held -= bytes;
        budget.release(bytes);
    }

    private void deliver() {
        while (!waiting.isEmpty() && waiting.firstKey() <= next) {
            Map.Entry<Long, Piece> e = waiting.pollFirstEntry();
            release(e.getValue().payload().remaining() + OVERHEAD);
            emit(e.getKey(), e.getValue());
        }
    }

    private void emit(long offset, Piece piece) {
        ByteBuffer payload = piece.payload();
        long old = next - offset;
        if (old < payload.remaining()) {
            ByteBuffer fresh = payload.slice(payload.position() + (int) old, payload.remaining() - (int) old);
            next += fresh.remaining();
            sink.bytes(piece.at(), fresh);
        }
        long end = offset + piece.length();
        if (end > next) {
            long hole = end - next;
            next = end;
            sink.missing(piece.at(), end - hole - first, hole, true);
        }
    }

    private void skipTo(long offset, Moment at) {
        long hole = offset - next;
        next = offset;
        sink.missing(at, offset - hole - first, hole, false);
        deliver();
    }

    /** Bytes of the stream so far, holes included. */
    long length() {
        return next - first;
    }

    /** Whether the capture has the SYN. */
    boolean isFromSyn() {
        return fromSyn;
    }

    /** Whether a SYN with this sequence number belongs to another, later connection. */
    boolean isOther(int syn) {
        return fromSyn ? base != syn + 1 : known;
    }

    /** Delivers all that still waits, with the holes between. */
    void end() {
        if (!started && !waiting.isEmpty()) {
            start(waiting.firstKey());
            deliver();
        }
        while (!waiting.isEmpty()) {
            skipTo(waiting.firstKey(), waiting.firstEntry().getValue().at());
        }
    }
}
