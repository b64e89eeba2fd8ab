// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.capture.CaptureListener;
import org.dcache.oncrpc4j.rdma.capture.Direction;
import org.dcache.oncrpc4j.rdma.proto.HeaderLists;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.proto.RpcWords;
import org.dcache.oncrpc4j.rdma.rpc.harness.EchoProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.RelayedEndpoints;
import org.dcache.oncrpc4j.rpc.OncRpcException;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeNone;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Calls in both directions of one connection at once (RFC 8167), walked byte by byte: the walk keeps credits and XIDs of each direction
 * apart, tells directions by the RPC message type, and fails when either side does otherwise.
 */
class BackchannelTrafficTest {

    private static final OncRpcProgram FORWARD = new OncRpcProgram(EchoProgram.PROGRAM, EchoProgram.VERSION);
    private static final OncRpcProgram BACKWARD = new OncRpcProgram(EchoProgram.PROGRAM + 100, EchoProgram.VERSION);
    private static final int INLINE = 4096;
    private static final int CALLS = 60;

    /** Asks the caller itself for the answer. */
    private static final class AskBack extends EchoProgram {
        @Override
        public void dispatchOncRpcCall(RpcCall call) throws OncRpcException, IOException {
            Bytes question = new Bytes();
            call.retrieveCall(question);
            Bytes answer = new Bytes();
            RpcCall back = new RpcCall(BACKWARD.getNumber(), BACKWARD.getVersion(), new RpcAuthTypeNone(),
                    call.getTransport().getPeerTransport());
            try {
                back.call(ECHO, question, answer);
            } catch (IOException e) {
                answer.value = e.getMessage().getBytes(java.nio.charset.StandardCharsets.UTF_8);
            }
            call.reply(answer);
        }
    }

    /** Counts what goes backward, and looks at its form. */
    private static final class Backward implements CaptureListener {
        private int calls;
        private int replies;

        @Override
        public void rpc(int frame, Direction direction, RdmaHeader header, ByteBuffer rpc) {
            boolean call = RpcWords.type(rpc, 0) == RpcWords.CALL;
            if (call != (direction == Direction.TO_CLIENT)) {
                return;
            }
            assertThat(header.procedure()).isEqualTo(RdmaHeader.RDMA_MSG);
            assertThat(HeaderLists.isChunkless(header)).isTrue();
            assertThat(header.encodedLength() + rpc.remaining()).isLessThanOrEqualTo(INLINE);
            assertThat(header.credits()).isPositive();
            if (call) {
                calls++;
            } else {
                replies++;
            }
        }
    }

    @Test
    @Tag("conformance-47")
    @Tag("conformance-49")
    @Tag("conformance-50")
    @Tag("conformance-51")
    @DisplayName("servers call their clients back inline, within credits of that direction, while forward calls go on")
    void bothDirections() throws Exception {
        Backward backward = new Backward();
        try (RelayedEndpoints peers = new RelayedEndpoints(Map.of("oncrpc.rdma.inline", "" + INLINE),
                Map.of(FORWARD, new AskBack()), Map.of(BACKWARD, new EchoProgram()))) {
            List<CompletableFuture<Void>> all = new ArrayList<>();
            for (int t = 0; t < 6; t++) {
                int length = 7 * t;
                all.add(CompletableFuture.runAsync(() -> ask(peers, length), task -> new Thread(task).start()));
            }
            for (CompletableFuture<Void> one : all) {
                one.get(60, TimeUnit.SECONDS);
            }
            RecordedTraffic.walk(peers.end(), backward);
        }
        assertThat(backward.calls).isEqualTo(CALLS);
        assertThat(backward.replies).isEqualTo(CALLS);
    }

    @Test
    @Tag("conformance-51")
    @DisplayName("a backward call that does not fit inline fails and says so; the connection goes on")
    void tooLong() throws Exception {
        try (RelayedEndpoints peers = new RelayedEndpoints(Map.of("oncrpc.rdma.inline", "" + INLINE),
                Map.of(FORWARD, new AskBack()), Map.of(BACKWARD, new EchoProgram()))) {
            RpcCall call = new RpcCall(FORWARD.getNumber(), FORWARD.getVersion(), new RpcAuthTypeNone(), peers.transport());
            EchoProgram.Bytes answer = new EchoProgram.Bytes();
            call.call(EchoProgram.ECHO, new EchoProgram.Bytes(new byte[INLINE]), answer);
            assertThat(new String(answer.value, java.nio.charset.StandardCharsets.UTF_8)).contains("must fit inline", "oncrpc.rdma.inline");
            ask(peers, 100);
        }
    }

    @Test
    @Tag("conformance-52")
    @Tag("conformance-53")
    @DisplayName("a client that serves nothing answers a call with PROG_UNAVAIL, as over TCP, and goes on")
    void nothingServed() throws Exception {
        try (RelayedEndpoints peers = new RelayedEndpoints(Map.of(), Map.of(FORWARD, new AskBack()), Map.of())) {
            RpcCall call = new RpcCall(FORWARD.getNumber(), FORWARD.getVersion(), new RpcAuthTypeNone(), peers.transport());
            for (int i = 0; i < 40; i++) {
                EchoProgram.Bytes answer = new EchoProgram.Bytes();
                call.call(EchoProgram.ECHO, new EchoProgram.Bytes(new byte[i]), answer);
                assertThat(new String(answer.value, java.nio.charset.StandardCharsets.UTF_8)).isEqualTo("PROG_UNAVAIL");
            }
        }
    }

    private static void ask(RelayedEndpoints peers, int length) {
        try {
            RpcCall call = new RpcCall(FORWARD.getNumber(), FORWARD.getVersion(), new RpcAuthTypeNone(), peers.transport());
            for (int i = 0; i < CALLS / 6; i++) {
                EchoProgram.Bytes answer = new EchoProgram.Bytes();
                call.call(EchoProgram.ECHO, new EchoProgram.Bytes(EchoProgram.pattern(length + i)), answer);
                assertThat(answer.value).isEqualTo(EchoProgram.pattern(length + i));
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
