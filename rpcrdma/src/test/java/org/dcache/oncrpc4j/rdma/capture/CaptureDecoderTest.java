// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.dcache.oncrpc4j.rdma.capture.CaptureProblem.Kind;
import org.dcache.oncrpc4j.rdma.iwarp.wire.DdpHeader;
import org.dcache.oncrpc4j.rdma.iwarp.wire.FpduLayout;
import org.dcache.oncrpc4j.rdma.iwarp.wire.MpaFrame;
import org.dcache.oncrpc4j.rdma.iwarp.wire.RdmapOpcode;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the decoder makes of connections that are damaged, late, cut or no iWARP at all. */
class CaptureDecoderTest {

    private final SegmentWriter writer = new SegmentWriter();
    private int msn = 1;

    @Test
    @DisplayName("FPDUs lie across and inside segments as they like")
    @Tag("conformance-86")
    void anySegmentation() {
        handshake(true, false);
        byte[] three = concat(send(10, true), send(3000, true), send(0, true));
        for (byte b : three) {
            writer.write(Direction.TO_SERVER, new byte[] {b});
        }
        writer.write(Direction.TO_SERVER, concat(send(1, true), send(2, true), send(3, true)));

        Seen seen = decode(0);
        assertThat(seen.problems).isEmpty();
        assertThat(seen.fpdus).containsOnly(Map.entry(RdmapOpcode.SEND, 6L));
        assertThat(seen.good).isEqualTo(6);
        assertThat(seen.sends).containsExactly(10, 3000, 0, 1, 2, 3);
    }

    @Test
    @DisplayName("a bad CRC is counted and its FPDU decoded; the next one is not affected")
    @Tag("conformance-77")
    void badCrc() {
        handshake(true, true);
        byte[] bad = send(100, true);
        bad[40] ^= 1;
        writer.write(Direction.TO_SERVER, concat(bad, send(7, true)));

        Seen seen = decode(0);
        assertThat(seen.kinds()).containsExactly(Kind.BAD_CRC);
        assertThat(seen.undecoded).isZero();
        assertThat(seen.bad).isEqualTo(1);
        assertThat(seen.good).isEqualTo(1);
        assertThat(seen.sends).containsExactly(100, 7);
    }

    @Test
    @DisplayName("without the C bit on either side the CRC field is not looked at")
    @Tag("conformance-77")
    void noCrc() {
        handshake(false, false);
        byte[] any = send(100, false);
        any[any.length - 1] = 17;
        writer.write(Direction.TO_SERVER, any);

        Seen seen = decode(0);
        assertThat(seen.problems).isEmpty();
        assertThat(seen.good + seen.bad).isZero();
        assertThat(seen.sends).containsExactly(100);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("garbage costs its own bytes: the next segment that begins with an FPDU is decoded")
    void garbage(boolean crc) {
        handshake(crc, false);
        writer.write(Direction.TO_SERVER, send(5, crc));
        byte[] garbage = new byte[50];
        java.util.Arrays.fill(garbage, (byte) 0);
        garbage[1] = 36;
        writer.write(Direction.TO_SERVER, garbage);
        writer.write(Direction.TO_SERVER, send(6, crc));

        Seen seen = decode(0);
        assertThat(seen.kinds()).contains(Kind.OUT_OF_SYNC);
        assertThat(seen.undecoded).isEqualTo(50);
        assertThat(seen.sends).containsExactly(5, 6);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("a hole within an FPDU costs that FPDU's data, and nothing of the next")
    void holeWithin(boolean crc) {
        handshake(crc, false);
        byte[] long1 = send(3000, crc);
        writer.write(Direction.TO_SERVER, java.util.Arrays.copyOf(long1, 1000));
        writer.write(Direction.TO_SERVER, java.util.Arrays.copyOfRange(long1, 1000, 2000));
        writer.write(Direction.TO_SERVER, concat(java.util.Arrays.copyOfRange(long1, 2000, long1.length), send(8, crc)));
        writer.segments().remove(5);

        Seen seen = decode(0);
        assertThat(seen.kinds()).containsExactly(Kind.MISSING);
        assertThat(seen.undecoded).isEqualTo(long1.length - 1000);
        assertThat(seen.sends).containsExactly(3000, 8);
        assertThat(seen.missing).isEqualTo(3000 - (1000 - FpduLayout.OFFSET_ULPDU - DdpHeader.UNTAGGED_LENGTH));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisplayName("a hole across the end of an FPDU costs all up to the next segment that begins with one")
    void holeAcross(boolean crc) {
        handshake(crc, false);
        for (int i = 0; i < 4; i++) {
            writer.write(Direction.TO_SERVER, send(10 + i, crc));
        }
        int length = send(11, crc).length;
        writer.segments().remove(5);

        Seen seen = decode(0);
        assertThat(seen.kinds()).containsExactly(Kind.MISSING, Kind.OUT_OF_SYNC);
        assertThat(seen.undecoded).isEqualTo(length);
        assertThat(seen.sends).containsExactly(10, 12, 13);
    }

    @ParameterizedTest
    @ValueSource(ints = {64, 96, 128, 256, 1000})
    @DisplayName("of a capture with a short snap length every FPDU in a segment of its own is still counted")
    void snapLength(int snap) throws Exception {
        List<TcpSegment> cut = new ArrayList<>();
        for (TcpSegment s : segments(LinuxCapturesTest.Capture.V3_MTU_1500)) {
            int there = s.payload().limit() <= snap || MpaFrame.keyMatches(s.payload(), 0, Math.min(4, s.payload().limit()), false)
                    ? s.payload().limit() : snap;
            cut.add(new TcpSegment(s.at(), s.source(), s.destination(), s.sequence(), s.syn(), s.ack(), s.fin(), s.reset(),
                    s.payload().slice(0, there), s.payload().limit() - there));
        }
        Seen seen = decode(0, cut);

        assertThat(seen.fpdus.values().stream().mapToLong(Long::longValue).sum()).isEqualTo(2526);
        assertThat(seen.sends).hasSize(166);
        assertThat(seen.kinds()).containsOnly(Kind.MISSING);
        assertThat(seen.undecoded).isEqualTo(cut.stream().mapToLong(TcpSegment::missing).sum());
    }

    @Test
    @DisplayName("a capture that began within a connection says so, and counts its bytes; later connections are decoded")
    void lateCapture() throws Exception {
        List<TcpSegment> all = segments(LinuxCapturesTest.Capture.V3);
        List<TcpSegment> late = all.subList(40, all.size());
        for (int port : new int[] {0, 20049}) {
            Seen seen = decode(port, late);

            assertThat(seen.connections).isEqualTo(2);
            assertThat(seen.kinds()).containsOnly(Kind.NO_MPA);
            assertThat(seen.undecoded).isPositive();
            assertThat(seen.streams.get(2) + seen.streams.get(3)).isEqualTo(7588 + 2189336);
            assertThat(seen.undecoded).isEqualTo(seen.streams.get(0) + seen.streams.get(1));
        }
    }

    @Test
    @DisplayName("where the SYN was not captured, the MPA Request tells who the client is, on any port")
    void noSyn() {
        handshake(true, false);
        writer.write(Direction.TO_SERVER, send(4, true));
        writer.segments().subList(0, 2).clear();
        List<TcpSegment> moved = new ArrayList<>();
        for (TcpSegment s : writer.segments()) {
            moved.add(new TcpSegment(s.at(), port(s.source()), port(s.destination()), s.sequence(), s.syn(), s.ack(), s.fin(),
                    s.reset(), s.payload(), 0));
        }
        Seen seen = decode(0, moved);

        assertThat(seen.problems).isEmpty();
        assertThat(seen.sends).containsExactly(4);
        assertThat(seen.client).isEqualTo(100);
    }

    @Test
    @DisplayName("what is no iWARP is passed over, unless its port was named")
    void otherProtocols() {
        writer.write(Direction.TO_SERVER, new byte[1000]);
        writer.write(Direction.TO_CLIENT, "HTTP/1.1 200 OK".getBytes(java.nio.charset.StandardCharsets.US_ASCII));

        assertThat(decode(0).connections).isZero();
        assertThat(decode(1).connections).isZero();
        Seen seen = decode(20049);
        assertThat(seen.connections).isEqualTo(1);
        assertThat(seen.kinds()).containsExactly(Kind.NO_MPA, Kind.NO_MPA);
        assertThat(seen.undecoded).isEqualTo(1015);
    }

    @Test
    @DisplayName("the same ports are used again: two connections")
    void reopened() {
        handshake(false, false);
        writer.write(Direction.TO_SERVER, send(4, false));
        SegmentWriter again = new SegmentWriter();
        again.write(Direction.TO_SERVER, mpa(false, false, 0));
        List<TcpSegment> all = new ArrayList<>(writer.segments());
        for (TcpSegment s : again.segments()) {
            all.add(new TcpSegment(s.at(), s.source(), s.destination(), s.sequence() + 77_777, s.syn(), s.ack(), s.fin(), s.reset(),
                    s.payload(), 0));
        }
        Seen seen = decode(0, all);

        assertThat(seen.connections).isEqualTo(2);
        assertThat(seen.problems).isEmpty();
    }

    @Test
    @DisplayName("markers are not read, and nothing behind a rejection is")
    void markersAndRejection() {
        writer.write(Direction.TO_SERVER, mpa(false, false, MpaFrame.MARKERS));
        writer.write(Direction.TO_CLIENT, mpa(true, false, 0));
        writer.write(Direction.TO_SERVER, send(4, false));
        writer.write(Direction.TO_CLIENT, new byte[70]);
        Seen markers = decode(0);
        assertThat(markers.kinds()).containsExactly(Kind.MARKERS, Kind.MARKERS);
        assertThat(markers.sends).containsExactly(4);
        assertThat(markers.undecoded).isEqualTo(70);

        SegmentWriter rejected = new SegmentWriter();
        rejected.write(Direction.TO_SERVER, mpa(false, false, 0));
        rejected.write(Direction.TO_CLIENT, mpa(true, false, MpaFrame.REJECT));
        rejected.write(Direction.TO_SERVER, new byte[9]);
        Seen seen = decode(0, rejected.segments());
        assertThat(seen.kinds()).containsExactly(Kind.REJECTED);
        assertThat(seen.undecoded).isEqualTo(9);
    }

    @Test
    @DisplayName("private data that is too long for its frame, or for any, ends the decoding of its direction")
    void badMpa() {
        byte[] frame = mpa(false, false, MpaFrame.ENHANCED);
        writer.write(Direction.TO_SERVER, frame);
        assertThat(decode(0).kinds()).containsExactly(Kind.BAD_MPA, Kind.BAD_MPA);

        SegmentWriter tooLong = new SegmentWriter();
        byte[] huge = mpa(false, false, 0);
        ByteBuffer.wrap(huge).putShort(MpaFrame.OFFSET_PRIVATE_DATA_LENGTH, (short) 513);
        tooLong.write(Direction.TO_SERVER, huge);
        Seen seen = decode(0, tooLong.segments());
        assertThat(seen.kinds()).containsExactly(Kind.BAD_MPA, Kind.BAD_MPA);
        assertThat(seen.undecoded).isEqualTo(20);
    }

    @Test
    @DisplayName("sequence numbers, offsets and queues out of order are told, each of them")
    void outOfOrder() {
        handshake(false, false);
        msn = 5;
        writer.write(Direction.TO_SERVER, send(1, false));
        byte[] queue = send(2, false);
        ByteBuffer.wrap(queue).putInt(FpduLayout.OFFSET_ULPDU + DdpHeader.OFFSET_QUEUE, 9);
        writer.write(Direction.TO_SERVER, queue);
        msn = 6;
        byte[] offset = send(3, false);
        ByteBuffer.wrap(offset).putInt(FpduLayout.OFFSET_ULPDU + DdpHeader.OFFSET_MESSAGE_OFFSET, -1);
        writer.write(Direction.TO_SERVER, offset);

        Seen seen = decode(0);
        assertThat(seen.kinds()).containsExactly(Kind.OUT_OF_ORDER, Kind.OUT_OF_ORDER, Kind.OUT_OF_ORDER);
        assertThat(seen.sends).containsExactly(1);
        assertThat(seen.undecoded).isEqualTo(5);
    }

    @Test
    @DisplayName("an illegal DDP segment with a good CRC is an FPDU of no kind")
    void badDdp() {
        handshake(true, false);
        byte[] bad = send(4, true);
        bad[3] = 0x4f;
        crc(bad);
        msn = 1;
        writer.write(Direction.TO_SERVER, concat(bad, send(2, true)));

        Seen seen = decode(0);
        assertThat(seen.kinds()).containsExactly(Kind.BAD_DDP);
        assertThat(seen.undecoded).isEqualTo(22);
        assertThat(seen.sends).containsExactly(2);
    }

    @Test
    @DisplayName("when memory is used up the connection that wants more is given up")
    void memory() {
        handshake(false, false);
        writer.write(Direction.TO_SERVER, java.util.Arrays.copyOf(send(60_000, false), 50_000));
        writer.write(Direction.TO_SERVER, new byte[20_000]);
        HoldBudget little = new HoldBudget(10_000);
        Seen seen = new Seen();
        CaptureDecoder decoder = new CaptureDecoder(0, little, (first, client, server) -> seen);
        writer.segments().forEach(decoder::segment);
        decoder.end();

        assertThat(seen.kinds()).containsExactly(Kind.MEMORY);
        assertThat(seen.undecoded).isEqualTo(70_000);
        assertThat(little.held()).isZero();
    }

    // ---- building blocks

    private void handshake(boolean clientCrc, boolean serverCrc) {
        writer.write(Direction.TO_SERVER, mpa(false, clientCrc, 0));
        writer.write(Direction.TO_CLIENT, mpa(true, serverCrc, 0));
    }

    private static byte[] mpa(boolean reply, boolean crc, int flags) {
        ByteBuffer frame = ByteBuffer.allocate(MpaFrame.HEADER_LENGTH);
        MpaFrame.put(frame, 0, reply, flags | (crc ? MpaFrame.CRC : 0), (flags & MpaFrame.ENHANCED) != 0 ? 2 : 1, 0);
        return frame.array();
    }

    private byte[] send(int length, boolean crc) {
        int ulpdu = DdpHeader.UNTAGGED_LENGTH + length;
        ByteBuffer fpdu = ByteBuffer.allocate(FpduLayout.fpduLength(ulpdu));
        FpduLayout.putUlpduLength(fpdu, 0, ulpdu);
        DdpHeader.putUntagged(fpdu, FpduLayout.OFFSET_ULPDU, RdmapOpcode.SEND, true, 0, msn++, 0);
        if (crc) {
            crc(fpdu.array());
        }
        return fpdu.array();
    }

    private static void crc(byte[] fpdu) {
        CRC32C crc = new CRC32C();
        crc.update(fpdu, 0, fpdu.length - FpduLayout.CRC_LENGTH);
        FpduLayout.putCrc(ByteBuffer.wrap(fpdu), fpdu.length - FpduLayout.CRC_LENGTH, (int) crc.getValue());
    }

    private static byte[] concat(byte[]... parts) {
        java.io.ByteArrayOutputStream all = new java.io.ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    /** Neither is a well-known port, and the server's is the higher one. */
    private static java.net.InetSocketAddress port(java.net.InetSocketAddress a) {
        return new java.net.InetSocketAddress(a.getAddress(), a.getPort() == 20049 ? 40_000 : 100);
    }

    private Seen decode(int port) {
        return decode(port, writer.segments());
    }

    private static Seen decode(int port, List<TcpSegment> segments) {
        HoldBudget budget = HoldBudget.ofHeap();
        Seen seen = new Seen();
        CaptureDecoder decoder = new CaptureDecoder(port, budget, (first, client, server) -> {
            seen.connections++;
            seen.client = client.getPort();
            return seen;
        });
        segments.forEach(decoder::segment);
        decoder.end();
        assertThat(budget.held()).isZero();
        seen.checkSum();
        return seen;
    }

    private static List<TcpSegment> segments(LinuxCapturesTest.Capture capture) throws IOException {
        List<TcpSegment> segments = new ArrayList<>();
        try (PcapFile file = capture.open()) {
            for (PcapFile.Frame frame = file.next(); frame != null; frame = file.next()) {
                segments.add(TcpSegment.of(frame));
            }
        }
        return segments;
    }
}
