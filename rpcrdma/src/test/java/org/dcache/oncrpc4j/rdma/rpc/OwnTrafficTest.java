// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.capture.CaptureFigures;
import org.dcache.oncrpc4j.rdma.capture.CaptureListener;
import org.dcache.oncrpc4j.rdma.capture.Direction;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.rpc.harness.EchoProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.EligibleProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.LocalEndpoints;
import org.dcache.oncrpc4j.rdma.rpc.harness.RelayedEndpoints;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeNone;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What our client and server really put on the wire, byte by byte, walked like a capture of Linux: the walk fails on a credit overrun, a
 * wrong CRC, a Write or Read outside the chunks of an outstanding call, returned chunks that differ from what was written, an XID that does
 * not match, and on every header that is not the one our codec makes.
 */
class OwnTrafficTest {

    private static final int[] LENGTHS = {0, 1, 3, 900, 1000, 4000, 4096, 65_537, 1_000_001};

    @ParameterizedTest
    @CsvSource({"4096,on,", "1024,off,", "4096,on,1442", "8192,off,700"})
    @Tag("conformance-1")
    @Tag("conformance-3")
    @Tag("conformance-10")
    @Tag("conformance-14")
    @Tag("conformance-17")
    @Tag("conformance-18")
    @Tag("conformance-19")
    @Tag("conformance-22")
    @Tag("conformance-71")
    @Tag("conformance-77")
    @Tag("conformance-81")
    @Tag("conformance-97")
    @Tag("conformance-108")
    @DisplayName("our traffic passes the walk that the captures of Linux pass, on every path")
    void walk(int inline, String crc, String mulpdu) throws Exception {
        CaptureFigures f = new CaptureFigures();
        int calls;
        try (RelayedEndpoints peers = start(inline, crc, mulpdu)) {
            calls = LocalEndpoints.everyPath(peers.transport(), LENGTHS, EchoProgram.Bytes::new) + atOnce(peers.transport());
            RecordedTraffic.walk(peers.end(), f);
        }

        assertThat(f.get("RPC calls")).isEqualTo(calls);
        assertThat(f.get("RPC replies")).isEqualTo(calls);
        assertThat(f.get("messages RDMA_NOMSG TO_SERVER")).as("long calls").isPositive();
        assertThat(f.get("messages RDMA_NOMSG TO_CLIENT")).as("long replies").isPositive();
        assertThat(f.get("messages RDMA_MSG TO_SERVER")).isPositive();
        assertThat(f.get("messages RDMA_MSG TO_CLIENT")).isPositive();
        assertThat(f.get("messages READ_REQUEST TO_CLIENT")).isPositive();
        assertThat(f.get("messages READ_RESPONSE TO_SERVER")).isEqualTo(f.get("messages READ_REQUEST TO_CLIENT"));
        assertThat(f.get("messages RDMA_WRITE TO_CLIENT")).isPositive();
        assertThat(f.figures().keySet()).noneMatch(name -> name.startsWith("pads not zero"));
        assertThat(f.privateData()).hasSize(2).allMatch(d -> d.sendSize() == inline && d.receiveSize() == inline);
        if (mulpdu != null) {
            assertThat(f.largestUlpdu()).isLessThanOrEqualTo(Integer.parseInt(mulpdu));
        }
    }

    /** Small opaques go out of regbufs in which larger ones lay before. */
    @ParameterizedTest
    @ValueSource(ints = {EchoProgram.PROGRAM, EligibleProgram.ELIGIBLE_PROGRAM})
    @Tag("conformance-113")
    @DisplayName("XDR pad that leaves us, inline or in a Reply chunk, is zero")
    void padIsZero(int program) throws Exception {
        int[] pads = {0};
        CaptureListener checker = new CaptureListener() {
            @Override
            public void rpc(int frame, Direction direction, RdmaHeader header, ByteBuffer rpc) {
                // Call: six words, credential, verifier. Reply: xid, type, status, verifier, accept status.
                int at = direction == Direction.TO_SERVER ? 40 : 24;
                if (rpc.remaining() <= at || header.readCount() > 0 || header.writeCount() > 0 && header.writeTotal(0) > 0
                        && direction == Direction.TO_CLIENT) {
                    return;
                }
                int end = at + 4 + rpc.getInt(at);
                assertThat(rpc.remaining()).isEqualTo(end + 3 & ~3);
                for (int i = end; i < rpc.remaining(); i++) {
                    assertThat(rpc.get(i)).as("pad in frame %d", frame).isZero();
                    pads[0]++;
                }
            }
        };
        try (RelayedEndpoints peers = start(4096, "off", null)) {
            RpcCall call = new RpcCall(program, EchoProgram.VERSION, new RpcAuthTypeNone(), peers.transport());
            for (int length : new int[] {3900, 3901, 3902, 3903, 9001, 9002, 9003, 1, 2, 3, 5, 601, 1, 2, 3}) {
                byte[] dirt = new byte[length];
                java.util.Arrays.fill(dirt, (byte) -1);
                call.call(EchoProgram.ECHO, new EchoProgram.Bytes(dirt), new EchoProgram.Bytes());
            }
            RecordedTraffic.walk(peers.end(), checker);
        }
        assertThat(pads[0]).isGreaterThan(10);
    }

    private static RelayedEndpoints start(int inline, String crc, String mulpdu) throws Exception {
        Map<String, String> settings = new HashMap<>(Map.of("oncrpc.rdma.inline", "" + inline, "oncrpc.rdma.iwarp.crc", crc));
        if (mulpdu != null) {
            settings.put("oncrpc.rdma.iwarp.mulpdu", mulpdu);
        }
        return new RelayedEndpoints(settings, LocalEndpoints.echo(), Map.of());
    }

    /** More at once than there are credits. */
    private static int atOnce(RpcTransport transport) throws Exception {
        List<CompletableFuture<Integer>> all = new ArrayList<>();
        for (int t = 0; t < 24; t++) {
            int program = t % 2 == 0 ? EchoProgram.PROGRAM : EligibleProgram.ELIGIBLE_PROGRAM;
            int length = LENGTHS[t % LENGTHS.length] / 4;
            all.add(CompletableFuture.supplyAsync(() -> {
                try {
                    RpcCall call = new RpcCall(program, EchoProgram.VERSION, new RpcAuthTypeNone(), transport);
                    EchoProgram.Bytes result = new EchoProgram.Bytes();
                    call.call(EchoProgram.ECHO, new EchoProgram.Bytes(EchoProgram.pattern(length)), result);
                    return result.value.length;
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            }, task -> new Thread(task).start()));
        }
        for (int t = 0; t < all.size(); t++) {
            assertThat(all.get(t).get(60, TimeUnit.SECONDS)).isEqualTo(LENGTHS[t % LENGTHS.length] / 4);
        }
        return all.size();
    }
}
