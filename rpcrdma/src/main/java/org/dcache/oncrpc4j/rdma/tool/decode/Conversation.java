// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.decode;

import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.capture.CaptureProblem;
import org.dcache.oncrpc4j.rdma.capture.ConnectionListener;
import org.dcache.oncrpc4j.rdma.capture.Direction;
import org.dcache.oncrpc4j.rdma.capture.Fpdu;
import org.dcache.oncrpc4j.rdma.capture.Moment;
import org.dcache.oncrpc4j.rdma.capture.RpcRdmaMessage;
import org.dcache.oncrpc4j.rdma.capture.SendMessage;
import org.dcache.oncrpc4j.rdma.iwarp.wire.DdpHeader;
import org.dcache.oncrpc4j.rdma.iwarp.wire.FpduLayout;
import org.dcache.oncrpc4j.rdma.iwarp.wire.ReadRequestHeader;
import org.dcache.oncrpc4j.rdma.iwarp.wire.TerminateMessage;
import org.dcache.oncrpc4j.rdma.proto.MalformedHeaderException;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;

/**
 * One connection: counts into the {@link Figures}, and writes a line for each message. RDMA Writes are summed up to one line before what
 * follows them.
 */
final class Conversation implements ConnectionListener {

    /** Problems to print in full; all are counted. */
    private static final int MAX_PROBLEMS = 50;
    private static final double NANOS_PER_SECOND = 1e9;
    private static final int PROCEDURE_END = 16;
    private static final int PROCEDURE_OFFSET = 12;

    private final Figures figures;
    private final Listing.Section section;
    private final long begin;
    private final RpcRdmaMessage message = new RpcRdmaMessage();
    private final CallNames names = new CallNames();
    private final Map<Direction, Tagged> writes = new EnumMap<>(Direction.class);
    private final Map<Direction, Tagged> responses = new EnumMap<>(Direction.class);
    private final Map<Direction, Long> lengths = new EnumMap<>(Direction.class);
    private long fpdus;
    private long problems;

    /** Tagged messages of one kind and direction that have no line yet. */
    private static final class Tagged {
        int messages;
        int fpdus;
        long bytes;
        /** The long call that came with it. */
        String call;
        Moment last;

        void add(Fpdu fpdu) {
            fpdus++;
            bytes += fpdu.payloadLength();
            messages += fpdu.isLast() ? 1 : 0;
            last = fpdu.at();
        }
    }

    /**
     * The listener of one connection.
     *
     * @param section null when only counts are wanted
     * @param begin when the capture began, nanoseconds since 1970
     */
    Conversation(Figures figures, Listing.Section section, long begin) {
        this.figures = figures;
        this.section = section;
        this.begin = begin;
        figures.connection();
    }

    @Override
    public void mpa(Moment at, Direction direction, ByteBuffer frame) {
        if (section != null) {
            line(at, direction, MessageText.mpa(frame, direction == Direction.TO_CLIENT));
        }
    }

    @Override
    public void fpdu(Fpdu f) {
        figures.fpdu(f);
        fpdus++;
        if (section == null) {
            return;
        }
        if (f.opcode() == null) {
            line(f.at(), f.direction(), f.ulpdu() == 0 ? "empty FPDU" : "FPDU without a legal DDP segment, ULPDU of " + f.ulpdu() + " B");
            return;
        }
        switch (f.opcode()) {
            case RDMA_WRITE -> writes.computeIfAbsent(f.direction(), d -> new Tagged()).add(f);
            case READ_RESPONSE -> readResponse(f);
            case READ_REQUEST -> readRequest(f);
            case TERMINATE -> line(f.at(), f.direction(), "Terminate: " + (f.payload().remaining() < TerminateMessage.CONTROL_LENGTH
                    ? "too short to say why" : TerminateMessage.decode(f.payload(), 0).describe()) + fpdus(1));
            default -> { }
        }
    }

    private void readRequest(Fpdu f) {
        int at = FpduLayout.OFFSET_ULPDU + DdpHeader.UNTAGGED_LENGTH;
        ByteBuffer b = f.bytes();
        names.readRequest(f.direction(), ReadRequestHeader.sourceStag(b, at), ReadRequestHeader.sourceOffset(b, at),
                ReadRequestHeader.sinkStag(b, at), ReadRequestHeader.sinkOffset(b, at));
        line(f.at(), f.direction(), String.format("RDMA Read Request %08x:%d@%x to %08x@%x%s", ReadRequestHeader.sourceStag(b, at),
                Integer.toUnsignedLong(ReadRequestHeader.size(b, at)), ReadRequestHeader.sourceOffset(b, at),
                ReadRequestHeader.sinkStag(b, at), ReadRequestHeader.sinkOffset(b, at), fpdus(1)));
    }

    private void readResponse(Fpdu f) {
        Tagged response = responses.computeIfAbsent(f.direction(), d -> new Tagged());
        response.add(f);
        String call = names.readResponse(f.direction(), DdpHeader.stag(f.bytes(), FpduLayout.OFFSET_ULPDU),
                DdpHeader.taggedOffset(f.bytes(), FpduLayout.OFFSET_ULPDU), f.payload());
        response.call = call == null ? response.call : call;
        if (f.isLast()) {
            responses.remove(f.direction());
            line(f.at(), f.direction(), response(response));
        }
    }

    private static String response(Tagged response) {
        return "RDMA Read Response, " + response.bytes + " B" + (response.call == null ? "" : ", call " + response.call)
                + fpdus(response.fpdus);
    }

    @Override
    public void send(SendMessage m) {
        RdmaHeader header = message.header();
        try {
            message.decode(m.bytes());
        } catch (MalformedHeaderException e) {
            malformed(m, e);
            return;
        }
        figures.message(header.procedure());
        if (section != null) {
            line(m.at(), m.direction(), text(m, header));
        }
    }

    /** Counts by the procedure where only the chunk lists are cut off. */
    private void malformed(SendMessage m, MalformedHeaderException e) {
        if (m.missing() == 0) {
            figures.undecodable(m.bytes().remaining());
        } else if (m.bytes().remaining() >= PROCEDURE_END
                && m.bytes().getInt(m.bytes().position() + Integer.BYTES) == RdmaHeader.VERSION) {
            figures.message(m.bytes().getInt(m.bytes().position() + PROCEDURE_OFFSET));
        }
        if (section != null) {
            line(m.at(), m.direction(), "Send of " + (m.bytes().remaining() + m.missing()) + " B, "
                    + (m.missing() > 0 ? "of which " + m.missing() + " are missing; " : "") + e.getMessage() + fpdus(m.fpdus()));
        }
    }

    private String text(SendMessage m, RdmaHeader h) {
        StringBuilder text = new StringBuilder(String.format("%08x %-10s credits %s, ", h.xid(), MessageText.procedure(h.procedure()),
                Integer.toUnsignedString(h.credits())));
        if (h.procedure() == RdmaHeader.RDMA_ERROR) {
            String call = names.reply(m.direction(), h.xid());
            text.append(MessageText.error(h)).append(call == null ? "" : ", reply to " + call);
        } else if (message.isCall()) {
            text.append("call ").append(call(m, h)).append(MessageText.chunks(h));
        } else {
            String call = names.reply(m.direction(), h.xid());
            text.append("reply to ").append(call == null ? "a call that is not known" : call)
                    .append(h.procedure() == RdmaHeader.RDMA_MSG ? MessageText.fate(message.rpc()) : "").append(MessageText.chunks(h));
        }
        if (m.opcode().invalidates()) {
            text.append(String.format(", invalidates %08x", m.invalidated()));
        }
        return text.append(m.missing() > 0 ? ", " + m.missing() + " B missing" : "").append(fpdus(m.fpdus())).toString();
    }

    private String call(SendMessage m, RdmaHeader h) {
        if (h.procedure() == RdmaHeader.RDMA_MSG) {
            String name = names.call(m.direction(), h.xid(), message.rpc());
            return name == null ? "that is cut" : name;
        }
        for (int i = 0; i < h.readCount(); i++) {
            if (h.readPosition(i) == 0) {
                names.longCall(m.direction(), h.xid(), h.readHandle(i), h.readOffset(i));
                break;
            }
        }
        return "by Read chunk";
    }

    @Override
    public void problem(CaptureProblem problem) {
        figures.problem(problem);
        problems++;
        if (section != null && problems <= MAX_PROBLEMS) {
            section.problem("frame " + problem.at().frame() + ": " + problem.kind() + ": " + problem.text());
        }
    }

    @Override
    public void streamEnd(Direction direction, long bytes) {
        lengths.put(direction, bytes);
    }

    @Override
    public void end() {
        if (section == null) {
            return;
        }
        for (Direction direction : Direction.values()) {
            writes(direction);
            Tagged response = responses.remove(direction);
            if (response != null) {
                line(response.last, direction, response(response) + ", not complete");
            }
        }
        if (problems > MAX_PROBLEMS) {
            section.problem("and " + (problems - MAX_PROBLEMS) + " more like these");
        }
        section.end(fpdus + " FPDUs; " + lengths.get(Direction.TO_SERVER) + " B to the server, " + lengths.get(Direction.TO_CLIENT)
                + " B to the client");
    }

    private void writes(Direction direction) {
        Tagged sum = writes.remove(direction);
        if (sum != null) {
            write(sum.last, direction, sum.messages + (sum.messages == 1 ? " RDMA Write, " : " RDMA Writes, ") + sum.bytes + " B"
                    + fpdus(sum.fpdus));
        }
    }

    private void line(Moment at, Direction direction, String text) {
        writes(direction.reverse());
        writes(direction);
        write(at, direction, text);
    }

    private void write(Moment at, Direction direction, String text) {
        section.message((at.nanos() - begin) / NANOS_PER_SECOND, direction, text);
    }

    private static String fpdus(int count) {
        return count == 1 ? "  [1 FPDU]" : "  [" + count + " FPDUs]";
    }
}
