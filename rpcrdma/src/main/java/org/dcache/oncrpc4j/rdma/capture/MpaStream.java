// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.dcache.oncrpc4j.rdma.capture.CaptureProblem.Kind;
import org.dcache.oncrpc4j.rdma.iwarp.wire.FpduLayout;
import org.dcache.oncrpc4j.rdma.iwarp.wire.MpaFrame;
import org.dcache.oncrpc4j.rdma.iwarp.wire.RdmapOpcode;

/**
 * One direction of an iWARP connection as MPA sees it (RFC 5044): one MPA frame, then FPDUs. FPDUs are only cut once the other
 * direction's MPA frame is known too, as both together say whether there are CRCs; so much of them that no peer would send it before the
 * Reply is not waited with. Markers are not read.
 *
 * <p>A hole within an FPDU costs that FPDU's data. A hole across the end of one, or an FPDU that cannot be one, costs all bytes up to a TCP
 * segment that begins like an FPDU and, where there are CRCs, ends with the right one.
 */
final class MpaStream implements TcpStream.Sink {

    /** Most bytes that wait for the other direction's MPA frame. */
    private static final int MAX_EARLY = 1 << 20;
    /** Without an MPA frame: one of so many segments must begin like an FPDU for the stream to be taken for iWARP. */
    private static final int LIKELY_OF = 8;
    private static final int MAX_REVISION = 2;

    private enum State {
        /** The MPA frame is not complete. */
        HANDSHAKE,
        /** The other direction's is not. */
        WAITING,
        FPDUS,
        /** An FPDU must be found again. */
        LOST,
        /** No MPA frame begins the stream. */
        UNKNOWN,
        /** Nothing more is read; {@link #closedFor} says why. */
        CLOSED
    }

    private final CapturedConnection connection;
    private final RdmapStream rdmap;
    private final HeldBytes held;
    private MpaStream other;
    private Direction direction;
    private State state = State.HANDSHAKE;
    private Kind closedFor;
    private Moment last = new Moment(0, 0);
    private boolean wantsCrc;
    private boolean frameSeen;
    /** The first FPDU may be empty: a "ready to receive" (RFC 6581). */
    private boolean emptyAllowed;
    /** Found again, but not proven by a CRC yet. */
    private boolean tentative;
    private String lostFor = "";
    /** Bytes of the current FPDU that are of no use, as some before them are missing. */
    private int useless;
    private long undecoded;
    private long chunks;
    private long likelyChunks;

    MpaStream(Direction direction, CapturedConnection connection, HoldBudget budget) {
        this.direction = direction;
        this.connection = connection;
        rdmap = new RdmapStream(connection, budget);
        held = new HeldBytes(budget);
    }

    void pairWith(MpaStream stream) {
        other = stream;
    }

    void direction(Direction now) {
        direction = now;
    }

    boolean isFrameSeen() {
        return frameSeen;
    }

    // ---- from TCP

    @Override
    public void bytes(Moment at, ByteBuffer chunk) {
        last = at;
        switch (state) {
            case HANDSHAKE, WAITING, FPDUS -> feed(chunk);
            case LOST -> {
                if (Fpdu.isLikely(chunk)) {
                    state = State.FPDUS;
                    tentative = true;
                    feed(chunk);
                } else {
                    undecoded += chunk.remaining();
                }
            }
            case UNKNOWN -> unknown(chunk);
            case CLOSED -> undecoded += chunk.remaining();
        }
        other.advance();
    }

    @Override
    public void missing(Moment at, long offset, long length, boolean cut) {
        last = at;
        if (state == State.HANDSHAKE || state == State.UNKNOWN) {
            state = State.UNKNOWN;
            undecoded += held.length() + length;
            held.clear();
            return;
        }
        if (state == State.WAITING) {
            goOnWithout();
        }
        long bytes = length;
        if (state == State.FPDUS) {
            bytes += hole(length);
        }
        problem(Kind.MISSING, bytes, "bytes " + offset + " to " + (offset + length) + " of the stream " + direction
                + (cut ? " were cut off when capturing" : " are not in the capture"));
    }

    @Override
    public void stray(Moment at, int sequence) {
        last = at;
        if (connection.isOpen()) {
            problem(Kind.STRAY, 0, "sequence number " + Integer.toUnsignedString(sequence) + " is far outside of the stream " + direction);
        }
    }

    private void feed(ByteBuffer chunk) {
        ByteBuffer in = chunk;
        if (held.length() > 0) {
            if (!held.append(chunk)) {
                noMemory(chunk);
                return;
            }
            in = held.bytes();
        }
        parse(in);
        if (held.length() > 0) {
            return;
        }
        held.clear();
        if (in.hasRemaining() && !held.append(in)) {
            noMemory(in);
        }
    }

    private void noMemory(ByteBuffer chunk) {
        if (connection.isOpen()) {
            close(Kind.MEMORY);
        } else {
            state = State.UNKNOWN;
        }
        undecoded += held.length() + chunk.remaining();
        held.clear();
    }

    /** Ends in a state in which what is left waits for more, or has taken all. */
    private void parse(ByteBuffer in) {
        if (state == State.HANDSHAKE) {
            handshake(in);
        }
        if (state == State.WAITING && (other.frameSeen || in.remaining() > MAX_EARLY)) {
            begin();
        }
        if (state == State.FPDUS) {
            fpdus(in);
        }
        if (state == State.UNKNOWN) {
            unknown(in);
            in.position(in.limit());
        } else if (state == State.LOST || state == State.CLOSED) {
            undecoded += in.remaining();
            in.position(in.limit());
        }
    }

    private void advance() {
        if (state == State.WAITING) {
            parse(held.bytes());
            if (held.length() == 0) {
                held.clear();
            }
        }
    }

    private void unknown(ByteBuffer chunk) {
        chunks++;
        likelyChunks += Fpdu.isLikely(chunk) ? 1 : 0;
        undecoded += chunk.remaining();
    }

    // ---- the MPA frame

    private void handshake(ByteBuffer in) {
        int at = in.position();
        boolean reply = direction == Direction.TO_CLIENT;
        if (!MpaFrame.keyMatches(in, at, in.remaining(), reply)) {
            if (!connection.maySwap() || !MpaFrame.keyMatches(in, at, in.remaining(), !reply)) {
                state = State.UNKNOWN;
                return;
            }
            if (in.remaining() < MpaFrame.KEY_LENGTH) {
                return;
            }
            connection.swap();
        }
        if (in.remaining() < MpaFrame.HEADER_LENGTH) {
            return;
        }
        int dataLength = MpaFrame.privateDataLength(in, at);
        boolean enhanced = MpaFrame.isEnhanced(in, at);
        if (dataLength > MpaFrame.MAX_PRIVATE_DATA || enhanced && dataLength < MpaFrame.IRD_ORD_LENGTH) {
            problem(Kind.BAD_MPA, 0, "MPA private data of " + dataLength + " bytes");
            frameSeen = true;
            close(Kind.BAD_MPA);
            return;
        }
        int length = MpaFrame.HEADER_LENGTH + dataLength;
        if (in.remaining() < length) {
            return;
        }
        frameSeen = true;
        state = State.WAITING;
        accept(in.slice(at, length), enhanced);
        in.position(at + length);
    }

    private void accept(ByteBuffer frame, boolean enhanced) {
        int flags = MpaFrame.flags(frame, 0);
        wantsCrc = (flags & MpaFrame.CRC) != 0;
        emptyAllowed = direction == Direction.TO_SERVER && enhanced && (MpaFrame.irdWord(frame, 0) & MpaFrame.RTR_EMPTY) != 0;
        connection.listener().mpa(last, direction, frame);
        if (MpaFrame.revision(frame, 0) > MAX_REVISION) {
            problem(Kind.BAD_MPA, 0, "MPA revision " + MpaFrame.revision(frame, 0));
        }
        if ((flags & MpaFrame.MARKERS) != 0) {
            problem(Kind.MARKERS, 0, "MPA markers are asked for, and not read here");
            other.shut(Kind.MARKERS);
        }
        if (direction == Direction.TO_CLIENT && (flags & MpaFrame.REJECT) != 0) {
            close(Kind.REJECTED);
            other.shut(Kind.REJECTED);
        }
    }

    private void begin() {
        state = closedFor == null ? State.FPDUS : State.CLOSED;
    }

    private void goOnWithout() {
        begin();
        parse(held.bytes());
    }

    private void close(Kind why) {
        refuse(why);
        state = State.CLOSED;
    }

    /** Reads no FPDU any more; the MPA frame is still read. Not for a stream that is being parsed. */
    private void shut(Kind why) {
        refuse(why);
        if (state == State.WAITING || state == State.FPDUS || state == State.LOST) {
            state = State.CLOSED;
            undecoded += held.length();
            held.clear();
        }
    }

    private void refuse(Kind why) {
        if (closedFor == null) {
            closedFor = why;
        }
    }

    // ---- FPDUs

    private void fpdus(ByteBuffer in) {
        while (state == State.FPDUS && in.hasRemaining()) {
            int at = in.position();
            if (useless > 0) {
                int n = Math.min(useless, in.remaining());
                useless -= n;
                in.position(at + n);
                continue;
            }
            if (in.remaining() < FpduLayout.LENGTH_FIELD) {
                return;
            }
            int ulpdu = FpduLayout.ulpduLength(in, at);
            boolean empty = ulpdu == 0 && emptyAllowed;
            boolean readable = in.remaining() >= FpduLayout.OFFSET_ULPDU + Short.BYTES;
            if (!isCrc() && !empty && readable && Fpdu.opcode(in, at, in.remaining(), ulpdu) == null) {
                lose(illegal(in, at, ulpdu));
                return;
            }
            int length = FpduLayout.fpduLength(ulpdu);
            if (in.remaining() < length) {
                return;
            }
            whole(in.slice(at, length), ulpdu, empty);
            if (state == State.FPDUS) {
                in.position(at + length);
            }
        }
    }

    private void whole(ByteBuffer bytes, int ulpdu, boolean empty) {
        Fpdu.Crc crc = check(bytes, ulpdu);
        if (tentative) {
            if (crc == Fpdu.Crc.BAD) {
                tentative = false;
                state = State.LOST;
                return;
            }
            found();
        }
        emptyAllowed = false;
        RdmapOpcode opcode = empty ? null : Fpdu.opcode(bytes, 0, bytes.limit(), ulpdu);
        Fpdu fpdu = new Fpdu(last, direction, bytes, ulpdu, opcode, crc, 0);
        connection.listener().fpdu(fpdu);
        if (crc == Fpdu.Crc.BAD) {
            problem(Kind.BAD_CRC, 0, String.format("CRC field: expected %08x, got %08x", crc(bytes, ulpdu),
                    FpduLayout.crc(bytes, FpduLayout.crcOffset(ulpdu))));
        }
        if (opcode != null) {
            rdmap.fpdu(fpdu);
        } else if (crc == Fpdu.Crc.BAD) {
            lose(illegal(bytes, 0, ulpdu));
        } else if (!empty) {
            problem(Kind.BAD_DDP, ulpdu, illegal(bytes, 0, ulpdu));
        }
    }

    /** Either side's wish gives both directions CRCs. */
    private boolean isCrc() {
        return wantsCrc || other.wantsCrc;
    }

    private Fpdu.Crc check(ByteBuffer fpdu, int ulpdu) {
        if (!isCrc()) {
            return Fpdu.Crc.NOT_CHECKED;
        }
        return crc(fpdu, ulpdu) == FpduLayout.crc(fpdu, FpduLayout.crcOffset(ulpdu)) ? Fpdu.Crc.GOOD : Fpdu.Crc.BAD;
    }

    private static int crc(ByteBuffer fpdu, int ulpdu) {
        CRC32C crc = new CRC32C();
        crc.update(fpdu.slice(0, FpduLayout.crcOffset(ulpdu)));
        return (int) crc.getValue();
    }

    private static String illegal(ByteBuffer in, int at, int ulpdu) {
        return String.format("DDP control %04x with ULPDU of %d bytes is not legal", in.getShort(at + FpduLayout.OFFSET_ULPDU), ulpdu);
    }

    /** Bytes are missing; returns how many more are of no use. What is held is the beginning of an FPDU. */
    private long hole(long length) {
        if (useless > 0) {
            // Those that are counted already, as bytes of no use, must not count again.
            long again = Math.min(useless, length);
            useless -= (int) again;
            if (length > again) {
                lose("the beginning of an FPDU is not in the capture");
            }
            return -again;
        }
        ByteBuffer in = held.bytes();
        int available = in.remaining();
        int ulpdu = available < FpduLayout.LENGTH_FIELD ? 0 : FpduLayout.ulpduLength(in, in.position());
        RdmapOpcode opcode = Fpdu.opcode(in, in.position(), available, ulpdu);
        if (tentative || opcode == null || available < FpduLayout.OFFSET_ULPDU + opcode.headerLength()) {
            undecoded += available;
            held.clear();
            lose("the beginning of an FPDU is not in the capture");
            return 0;
        }
        int rest = FpduLayout.fpduLength(ulpdu) - available;
        Fpdu fpdu = new Fpdu(last, direction, in.slice(), ulpdu, opcode, Fpdu.Crc.NOT_CHECKED, rest);
        connection.listener().fpdu(fpdu);
        rdmap.fpdu(fpdu);
        held.clear();
        if (length > rest) {
            lose("the beginning of an FPDU is not in the capture");
            return 0;
        }
        useless = (int) (rest - length);
        return useless;
    }

    private void lose(String why) {
        if (!tentative) {
            lostFor = why;
        }
        tentative = false;
        state = State.LOST;
    }

    private void found() {
        tentative = false;
        rdmap.resume(last, direction);
        outOfSync();
    }

    private void outOfSync() {
        problem(Kind.OUT_OF_SYNC, undecoded, lostFor + "; " + undecoded + " bytes of the stream " + direction + " are passed over");
        undecoded = 0;
    }

    // ---- the end

    /** Whether the stream looks like iWARP although no MPA frame is there. */
    boolean isLikely() {
        return likelyChunks * LIKELY_OF > chunks;
    }

    /** Bytes without an MPA frame before them; only after {@link #end}. */
    long unknown() {
        return state == State.UNKNOWN ? undecoded : 0;
    }

    void end() {
        if (state == State.WAITING) {
            goOnWithout();
        }
        int rest = held.length();
        switch (state) {
            case HANDSHAKE -> {
                undecoded += rest;
                state = State.UNKNOWN;
            }
            case FPDUS -> {
                if (tentative) {
                    outOfSync();
                }
                if (rest > 0) {
                    problem(Kind.INCOMPLETE, rest, rest + " bytes at the end of the stream " + direction + " are no whole FPDU");
                }
            }
            case LOST -> outOfSync();
            case CLOSED -> {
                if (undecoded > 0) {
                    problem(closedFor, undecoded, undecoded + " bytes of the stream " + direction + " are not read");
                }
            }
            default -> { }
        }
        held.clear();
        rdmap.end(last, direction);
    }

    Moment last() {
        return last;
    }

    private void problem(Kind kind, long bytes, String text) {
        connection.listener().problem(new CaptureProblem(kind, last, direction, bytes, text));
    }
}
