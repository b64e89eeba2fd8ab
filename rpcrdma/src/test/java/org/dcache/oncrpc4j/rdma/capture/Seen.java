// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.capture.CaptureProblem.Kind;
import org.dcache.oncrpc4j.rdma.iwarp.wire.RdmapOpcode;

/** Keeps what a decoder shows of all connections, and adds up its bytes. */
final class Seen implements ConnectionListener {

    /** Problems with FPDUs that are there, and so with bytes that are in an FPDU already. */
    private static final List<Kind> WITHIN = List.of(Kind.BAD_DDP, Kind.OUT_OF_ORDER, Kind.TOO_LONG, Kind.INCOMPLETE_SEND);

    int connections;
    int client;
    final List<CaptureProblem> problems = new ArrayList<>();
    final Map<RdmapOpcode, Long> fpdus = new EnumMap<>(RdmapOpcode.class);
    /** Length of each Send, bytes that are missing included. */
    final List<Integer> sends = new ArrayList<>();
    final List<Long> streams = new ArrayList<>();
    long good;
    long bad;
    long undecoded;
    long missing;
    private long explained;

    @Override
    public void mpa(Moment at, Direction direction, ByteBuffer frame) {
        explained += frame.limit();
    }

    @Override
    public void fpdu(Fpdu fpdu) {
        explained += fpdu.bytes().limit();
        good += fpdu.crc() == Fpdu.Crc.GOOD ? 1 : 0;
        bad += fpdu.crc() == Fpdu.Crc.BAD ? 1 : 0;
        if (fpdu.opcode() != null) {
            fpdus.merge(fpdu.opcode(), 1L, Long::sum);
            assertThat(fpdu.payload().remaining()).isLessThanOrEqualTo(fpdu.payloadLength());
        }
    }

    @Override
    public void send(SendMessage message) {
        sends.add(message.bytes().remaining() + message.missing());
        missing += message.missing();
    }

    @Override
    public void problem(CaptureProblem problem) {
        assertThat(problem.bytes()).isNotNegative();
        problems.add(problem);
        undecoded += problem.bytes();
        explained += WITHIN.contains(problem.kind()) ? 0 : problem.bytes();
    }

    @Override
    public void streamEnd(Direction direction, long bytes) {
        streams.add(bytes);
    }

    List<Kind> kinds() {
        return problems.stream().map(CaptureProblem::kind).toList();
    }

    /** Every byte of every stream is in an MPA frame, in an FPDU or told of by a problem, and in one of them only. */
    void checkSum() {
        long all = streams.stream().mapToLong(Long::longValue).sum();
        // A wrong CRC before an illegal segment: an FPDU by its place, and passed over.
        if (bad == 0) {
            assertThat(explained).isEqualTo(all);
        } else {
            assertThat(explained).isGreaterThanOrEqualTo(all);
        }
    }
}
