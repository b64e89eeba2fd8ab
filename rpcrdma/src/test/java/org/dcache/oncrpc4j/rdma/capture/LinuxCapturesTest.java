// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.dcache.oncrpc4j.rdma.iwarp.wire.RdmapOpcode;
import org.dcache.oncrpc4j.rdma.proto.PrivateData;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Real traffic of the Linux NFS/RDMA client and server over siw, decoded to the last byte by our own codecs, against figures that were
 * counted independently with Wireshark. The walk itself checks that every header encodes to the bytes that came, that credits were kept,
 * and that every RDMA Write and Read went into a chunk that was offered for it.
 */
class LinuxCapturesTest {

    private static final int PORT = 20049;

    /** The figures in the README beside the captures. */
    enum Capture {
        V3("siw-v3", 473, 335, 317, new long[] {83, 83, 75, 75, 8, 8, 129, 129, 2, 20, 2}, 83, 74, 9, 65474,
                List.of(1066256L, 7476L, 7588L, 2189336L)),
        V3_MTU_1500("siw-v3-mtu1500", 3765, 2530, 2526, new long[] {85, 83, 75, 75, 8, 8, 1614, 129, 2, 742, 2}, 83, 74, 9, 1442,
                List.of(1080744L, 7476L, 7588L, 2219036L)),
        V41("siw-v41", 670, 466, 434, new long[] {125, 125, 95, 95, 30, 30, 142, 142, 3, 39, 3}, 125, 99, 26, 65474,
                List.of(1071684L, 11932L, 1068060L, 2218024L));

        private final String file;
        private final int frames;
        private final long segments;
        private final long fpdus;
        private final long[] rdmap;
        private final long calls;
        private final long inlineReplies;
        private final long longReplies;
        private final int largestUlpdu;
        private final List<Long> streams;

        Capture(String file, int frames, long segments, long fpdus, long[] rdmap, long calls, long inlineReplies, long longReplies,
                int largestUlpdu, List<Long> streams) {
            this.file = file;
            this.frames = frames;
            this.segments = segments;
            this.fpdus = fpdus;
            this.rdmap = rdmap;
            this.calls = calls;
            this.inlineReplies = inlineReplies;
            this.longReplies = longReplies;
            this.largestUlpdu = largestUlpdu;
            this.streams = streams;
        }

        PcapFile open() throws IOException {
            return PcapFile.open(folder().resolve(file + ".pcap.gz"));
        }
    }

    @ParameterizedTest
    @EnumSource
    @Tag("conformance-81")
    @Tag("conformance-86")
    @DisplayName("every byte decodes, and all figures are those of the independent count")
    void figures(Capture capture) throws Exception {
        CaptureFigures f = new CaptureFigures();
        int frames;
        try (PcapFile file = capture.open()) {
            new CaptureWalker(PORT, f).walk(file);
            frames = file.frames();
        }

        assertThat(frames).isEqualTo(capture.frames);
        assertThat(f.get("TCP segments")).isEqualTo(capture.segments);
        assertThat(f.get("FPDUs")).isEqualTo(capture.fpdus);
        assertThat(new long[] {
            f.get("FPDUs SEND TO_SERVER"), f.get("messages SEND TO_SERVER"),
            f.get("FPDUs SEND TO_CLIENT"), f.get("messages SEND TO_CLIENT"),
            f.get("FPDUs SEND_WITH_INVALIDATE TO_CLIENT"), f.get("messages SEND_WITH_INVALIDATE TO_CLIENT"),
            f.get("FPDUs RDMA_WRITE TO_CLIENT"), f.get("messages RDMA_WRITE TO_CLIENT"),
            f.get("FPDUs READ_REQUEST TO_CLIENT"),
            f.get("FPDUs READ_RESPONSE TO_SERVER"), f.get("messages READ_RESPONSE TO_SERVER")
        }).isEqualTo(capture.rdmap);
        // Nothing of another opcode or in the other direction.
        assertThat(f.figures().keySet().stream().filter(k -> k.startsWith("FPDUs ")).count()).isEqualTo(6);
        assertThat(f.largestUlpdu()).isEqualTo(capture.largestUlpdu);
        // siw sends up to three bytes of the memory behind the data as pad: a receiver must not insist on zeros.
        assertThat(f.get("pads not zero TO_CLIENT")).isEqualTo(capture == Capture.V41 ? 1 : 2);
        assertThat(f.get("pads not zero TO_SERVER")).isZero();
        assertThat(f.streams()).isEqualTo(capture.streams);

        assertThat(f.get("messages RDMA_MSG TO_SERVER")).isEqualTo(capture.calls);
        assertThat(f.get("messages RDMA_MSG TO_CLIENT")).isEqualTo(capture.inlineReplies);
        assertThat(f.get("messages RDMA_NOMSG TO_CLIENT")).isEqualTo(capture.longReplies);
        assertThat(f.get("RPC calls")).isEqualTo(capture.calls);
        assertThat(f.get("RPC replies")).isEqualTo(capture.calls);
        assertThat(f.figures().keySet().stream().filter(k -> k.startsWith("messages RDMA_") && !k.contains("WRITE")).count()).isEqualTo(3);
    }

    @ParameterizedTest
    @EnumSource
    @Tag("conformance-67")
    @Tag("conformance-68")
    @Tag("conformance-73")
    @DisplayName("both sides say their private data on each connection, and ask for 128 credits and grant 64")
    void privateDataAndCredits(Capture capture) throws Exception {
        CaptureFigures f = walk(capture);

        PrivateData client = new PrivateData(true, 4096, 4096);
        PrivateData server = new PrivateData(false, 4096, 4096);
        assertThat(f.privateData()).containsExactly(client, server, client, server);
        assertThat(f.get("MPA frames TO_SERVER")).isEqualTo(2);
        assertThat(f.get("MPA frames TO_CLIENT")).isEqualTo(2);
        assertThat(f.get("credits 128 TO_SERVER")).isEqualTo(capture.calls);
        assertThat(f.get("credits 64 TO_CLIENT")).isEqualTo(capture.calls);
    }

    @ParameterizedTest
    @EnumSource(names = {"V3", "V3_MTU_1500"})
    @DisplayName("the calls are those of the operations that were run")
    void calls(Capture capture) throws Exception {
        Map<String, Long> calls = walk(capture).calls();

        String nfs = "100003.3.";
        long[] expected = new long[22];
        long[][] counts = {{0, 2}, {1, 15}, {2, 5}, {3, 9}, {4, 13}, {5, 1}, {6, 6}, {7, 3}, {8, 3}, {9, 1}, {10, 1}, {12, 3}, {13, 1},
            {14, 1}, {15, 1}, {17, 4}, {18, 2}, {19, 4}, {20, 2}};
        for (long[] count : counts) {
            expected[(int) count[0]] = count[1];
        }
        for (int procedure = 0; procedure < expected.length; procedure++) {
            assertThat(calls.getOrDefault(nfs + procedure, 0L)).as("NFS procedure %d", procedure).isEqualTo(expected[procedure]);
        }
        assertThat(calls.get("100227.3.0")).isEqualTo(2);
        assertThat(calls.get("100227.3.1")).isEqualTo(4);
        assertThat(calls.values().stream().mapToLong(Long::longValue).sum()).isEqualTo(83);
    }

    @ParameterizedTest
    @EnumSource
    @Tag("conformance-86")
    @DisplayName("TCP segments that come late, early or twice change nothing")
    void anyOrderOfSegments(Capture capture) throws Exception {
        CaptureFigures expected = walk(capture);
        List<TcpSegment> segments = segments(capture);
        CaptureFigures f = new CaptureFigures();
        CaptureWalker walker = new CaptureWalker(PORT, f);
        for (TcpSegment s : disturbed(segments)) {
            walker.segment(s);
        }
        walker.end();

        Map<String, Long> figures = f.figures();
        assertThat(figures.remove("TCP segments")).isGreaterThan(expected.figures().remove("TCP segments"));
        assertThat(figures).isEqualTo(expected.figures());
        assertThat(f.streams()).isEqualTo(expected.streams());
    }

    @Test
    @DisplayName("a capture that lacks one segment is refused")
    void missingSegment() throws Exception {
        List<TcpSegment> segments = segments(Capture.V3);
        int missing = 200;
        while (!segments.get(missing).payload().hasRemaining()) {
            missing++;
        }
        segments.remove(missing);
        CaptureWalker walker = new CaptureWalker(PORT, new CaptureFigures());
        segments.forEach(walker::segment);

        org.assertj.core.api.Assertions.assertThatExceptionOfType(CaptureException.class).isThrownBy(walker::end)
                .withMessageContaining("not in the capture");
    }

    @Test
    @DisplayName("the captures named here are all that there are")
    void nothingIsPassedOver() throws Exception {
        try (Stream<Path> files = Files.list(folder())) {
            assertThat(files.map(p -> p.getFileName().toString()).filter(n -> n.contains("pcap")))
                    .containsExactlyInAnyOrderElementsOf(Stream.of(Capture.values()).map(c -> c.file + ".pcap.gz").toList());
        }
        assertThat(RdmapOpcode.values()).hasSize(8);
    }

    /** Within a connection, behind its SYN: neighbours change places, and some come again later. */
    private static List<TcpSegment> disturbed(List<TcpSegment> segments) {
        List<TcpSegment> result = new ArrayList<>(segments);
        for (int i = 0; i + 1 < result.size(); i += 5) {
            TcpSegment a = result.get(i);
            TcpSegment b = result.get(i + 1);
            if (a.source().equals(b.source()) && !a.syn() && !b.syn()) {
                Collections.swap(result, i, i + 1);
            }
        }
        for (int i = result.size() - 20; i > 0; i -= 7) {
            if (!result.get(i).syn()) {
                result.add(i + 9, result.get(i));
            }
        }
        return result;
    }

    private static CaptureFigures walk(Capture capture) throws IOException {
        CaptureFigures f = new CaptureFigures();
        try (PcapFile file = capture.open()) {
            new CaptureWalker(PORT, f).walk(file);
        }
        return f;
    }

    private static List<TcpSegment> segments(Capture capture) throws IOException {
        List<TcpSegment> segments = new ArrayList<>();
        try (PcapFile file = capture.open()) {
            for (PcapFile.Frame frame = file.next(); frame != null; frame = file.next()) {
                segments.add(TcpSegment.of(frame));
            }
        }
        return segments;
    }

    /** Fails when the folder is missing. */
    static Path folder() {
        try {
            return Path.of(URI.create(LinuxCapturesTest.class.getResource("/captures/README.md").toString())).getParent();
        } catch (NullPointerException e) {
            throw new AssertionError("the folder of captures is not among the test resources", e);
        }
    }
}
