// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.CompletionHandler;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.rpc.harness.EchoProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.EligibleProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.LeakLedger;
import org.dcache.oncrpc4j.rdma.rpc.harness.RelayedEndpoints;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeNone;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcReply;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.xdr.XdrAble;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whose memory a client sees when it decodes a byte buffer of a reply, and until when. */
@Timeout(60)
class LentRepliesTest {

    private static final int BULK = 300_001;
    private static final int CALLS = 20;
    private static final String BUFFERS = "xprt.regbuf_bytes_in_use";

    private final LeakLedger before = LeakLedger.snapshot();
    private RelayedEndpoints peers;

    private void connect(String lend) throws IOException {
        peers = new RelayedEndpoints(Map.of("oncrpc.rdma.lend-replies", lend),
                Map.of(new OncRpcProgram(EligibleProgram.ELIGIBLE_PROGRAM, EchoProgram.VERSION), new EligibleProgram()), Map.of());
    }

    @AfterEach
    void everythingIsBack() throws IOException {
        peers.close();
        LeakLedger.assertNothingLeaked(before);
    }

    private static final class Data implements XdrAble {
        private ByteBuffer buffer;

        @Override
        public void xdrDecode(XdrDecodingStream xdr) throws IOException {
            buffer = xdr.xdrDecodeByteBuffer();
        }

        @Override
        public void xdrEncode(XdrEncodingStream xdr) {
            throw new UnsupportedOperationException("only decoded");
        }

        private boolean isRight(int length) {
            return buffer.equals(ByteBuffer.wrap(EchoProgram.pattern(length)));
        }
    }

    private RpcCall call() {
        return new RpcCall(EligibleProgram.ELIGIBLE_PROGRAM, EchoProgram.VERSION, new RpcAuthTypeNone(), peers.transport());
    }

    /** What a handler does with a reply. */
    private interface Use {
        boolean use(RpcReply reply) throws IOException;
    }

    /** READs, with a handler of the program's own, which says true, or fails. */
    private CompletableFuture<Boolean> read(int length, Use use) throws IOException {
        CompletableFuture<Boolean> done = new CompletableFuture<>();
        call().call(EchoProgram.READ, new EchoProgram.Int(length), new CompletionHandler<RpcReply, RpcTransport>() {
            @Override
            public void completed(RpcReply reply, RpcTransport transport) {
                boolean answer;
                try {
                    answer = use.use(reply);
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
                done.complete(answer);
            }

            @Override
            public void failed(Throwable cause, RpcTransport transport) {
                done.completeExceptionally(cause);
            }
        });
        return done;
    }

    private boolean isLent(int length) throws Exception {
        return read(length, reply -> {
            Data data = new Data();
            reply.getReplyResult(data);
            assertThat(data.isRight(length)).isTrue();
            return data.buffer.isDirect();
        }).get(30, TimeUnit.SECONDS);
    }

    /** The first may come when no registered memory lies ready, and lie on the heap. */
    private boolean isLentAtLast(int length) throws Exception {
        boolean lent = false;
        for (int i = 0; i < 50 && !lent; i++) {
            lent = isLent(length);
        }
        return lent;
    }

    @Test
    void aHandlerSeesTheRepliesOwnMemoryOnlyWhenThatIsAskedFor() throws Exception {
        connect("off");
        assertThat(isLentAtLast(BULK)).isFalse();
        peers.close();
        connect("on");
        long copied;
        int attempts = 0;
        do {
            assertThat(attempts++).isLessThan(100);
            copied = Counters.process().get(XprtCounter.BULK_BYTES_COPIED);
        } while (!isLent(BULK));
        assertThat(Counters.process().get(XprtCounter.BULK_BYTES_COPIED) - copied).as("the server copies once, the client does not")
                .isEqualTo(BULK);
        assertThat(isLent(20_000)).as("small data").isFalse();
    }

    @Test
    void whoWaitsForACallKeepsItsData() throws Exception {
        connect("on");
        isLentAtLast(BULK);
        long copied = Counters.process().get(XprtCounter.BULK_BYTES_COPIED);
        for (int i = 0; i < CALLS; i++) {
            Data data = new Data();
            call().call(EchoProgram.READ, new EchoProgram.Int(BULK), data);
            assertThat(data.buffer.isDirect()).isFalse();
            assertThat(data.isRight(BULK)).isTrue();
        }
        assertThat(Counters.process().get(XprtCounter.BULK_BYTES_COPIED) - copied).as("the server copies once, the client does not")
                .isEqualTo((long) CALLS * BULK);
    }

    @Test
    void aHandlerThatThrowsGivesTheMemoryBack() throws Exception {
        connect("on");
        isLentAtLast(BULK);
        long forgotten = Counters.process().get(XprtCounter.REGBUF_FORGOTTEN);
        for (int i = 0; i < 5; i++) {
            assertThat(read(BULK, reply -> {
                reply.getReplyResult(new Data());
                throw new IOException("no use for it");
            }).handle((answer, problem) -> problem).get(30, TimeUnit.SECONDS)).hasRootCauseMessage("no use for it");
        }
        LeakLedger.await("the memory is back", () -> LeakLedger.level(BUFFERS) == 0);
        assertThat(Counters.process().get(XprtCounter.REGBUF_FORGOTTEN)).isEqualTo(forgotten);
    }

    @Test
    void aReplyThatIsDecodedAfterItsHandlerReturnedIsStillTheOne() throws Exception {
        connect("on");
        isLentAtLast(BULK);
        RpcReply[] kept = new RpcReply[1];
        read(BULK, reply -> {
            kept[0] = reply;
            return true;
        }).get(30, TimeUnit.SECONDS);
        for (int i = 0; i < 10; i++) {
            isLent(BULK - 7);
        }
        Data late = new Data();
        kept[0].getReplyResult(late);
        assertThat(late.isRight(BULK)).isTrue();
    }

    @Test
    void aConnectionThatEndsTakesNothingFromAHandler() throws Exception {
        connect("on");
        isLentAtLast(BULK);
        CountDownLatch decoded = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        CompletableFuture<Boolean> right = read(BULK, reply -> {
            Data data = new Data();
            reply.getReplyResult(data);
            decoded.countDown();
            try {
                ended.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            return data.isRight(BULK);
        });
        decoded.await();
        CompletableFuture<Void> end = CompletableFuture.runAsync(peers::end);
        LeakLedger.await("the connection has ended", () -> !peers.transport().isOpen());
        ended.countDown();
        assertThat(right.get(30, TimeUnit.SECONDS)).isTrue();
        end.get(30, TimeUnit.SECONDS);
    }
}
