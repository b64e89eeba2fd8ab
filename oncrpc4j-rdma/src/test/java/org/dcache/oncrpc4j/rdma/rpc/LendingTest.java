// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.rpc.harness.EchoProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.EligibleProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.RelayedEndpoints;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rpc.OncRpcException;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeNone;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.xdr.XdrAble;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What memory a program sees when it decodes a byte buffer of a call. */
@Timeout(60)
class LendingTest {

    private static final int INLINE = 100;
    private static final int BY_READ_CHUNK = 100_001;

    /** Answers WRITE with the number of bytes that are as they should be, after it has looked at them twice. */
    private static final class Taker extends EchoProgram {
        private volatile ByteBuffer last;

        @Override
        public void dispatchOncRpcCall(RpcCall call) throws OncRpcException, IOException {
            Taken taken = new Taken();
            call.retrieveCall(taken);
            last = taken.buffer;
            int good = 0;
            byte[] wanted = pattern(taken.buffer.remaining());
            for (int i = 0; i < wanted.length; i++) {
                good += taken.buffer.get(i) == wanted[i] ? 1 : 0;
            }
            call.reply(new Int(good));
        }
    }

    private static final class Taken implements XdrAble {
        private ByteBuffer buffer;

        @Override
        public void xdrDecode(XdrDecodingStream xdr) throws OncRpcException, IOException {
            buffer = xdr.xdrDecodeByteBuffer();
        }

        @Override
        public void xdrEncode(XdrEncodingStream xdr) {
            throw new UnsupportedOperationException("only decoded");
        }
    }

    private static Taker write(String lend, int length) throws IOException {
        Taker taker = new Taker();
        try (RelayedEndpoints peers = new RelayedEndpoints(Map.of("oncrpc.rdma.lend", lend),
                Map.of(new OncRpcProgram(EligibleProgram.ELIGIBLE_PROGRAM, EchoProgram.VERSION), taker), Map.of())) {
            for (int i = 0; i < 5; i++) {
                RpcCall call = new RpcCall(EligibleProgram.ELIGIBLE_PROGRAM, EchoProgram.VERSION, new RpcAuthTypeNone(), peers.transport());
                EchoProgram.Int good = new EchoProgram.Int();
                call.call(EchoProgram.WRITE, new EchoProgram.Bytes(EchoProgram.pattern(length)), good);
                assertThat(good.value).isEqualTo(length);
            }
        }
        return taker;
    }

    @ParameterizedTest
    @ValueSource(ints = {INLINE, BY_READ_CHUNK})
    void aCallsMemoryIsCopiedForTheProgramUnlessLendingIsAskedFor(int length) throws IOException {
        assertThat(write("off", length).last.isDirect()).isFalse();
        assertThat(write("on", length).last.isDirect()).isTrue();
    }

    /** Looks at its first call's memory once more after other calls of the same kind have come and gone. */
    private static final class Keeper extends EchoProgram {
        private final CountDownLatch taken = new CountDownLatch(1);
        private final CountDownLatch othersDone = new CountDownLatch(1);

        @Override
        public void dispatchOncRpcCall(RpcCall call) throws OncRpcException, IOException {
            Taken mine = new Taken();
            call.retrieveCall(mine);
            if (mine.buffer.get(0) == 1) {
                taken.countDown();
                try {
                    othersDone.await();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            }
            int same = 0;
            for (int i = 0; i < mine.buffer.remaining(); i++) {
                same += mine.buffer.get(i) == mine.buffer.get(0) ? 1 : 0;
            }
            call.reply(new Int(mine.buffer.get(0) << 24 | same));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {INLINE, BY_READ_CHUNK})
    void whatIsLentStaysUntilTheReply(int length) throws Exception {
        Keeper keeper = new Keeper();
        try (RelayedEndpoints peers = new RelayedEndpoints(Map.of("oncrpc.rdma.lend", "on"),
                Map.of(new OncRpcProgram(EligibleProgram.ELIGIBLE_PROGRAM, EchoProgram.VERSION), keeper), Map.of())) {
            // The first reply brings credits for more than one call.
            call(peers).call(EchoProgram.WRITE, filled(length, 2), new EchoProgram.Int());
            EchoProgram.Int kept = new EchoProgram.Int();
            CompletableFuture<Void> first = CompletableFuture.runAsync(() -> {
                try {
                    call(peers).call(EchoProgram.WRITE, filled(length, 1), kept);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            keeper.taken.await();
            for (int value = 2; value < 20; value++) {
                EchoProgram.Int other = new EchoProgram.Int();
                call(peers).call(EchoProgram.WRITE, filled(length, value), other);
                assertThat(other.value).isEqualTo(value << 24 | length);
            }
            keeper.othersDone.countDown();
            first.get(60, TimeUnit.SECONDS);
            assertThat(kept.value).isEqualTo(1 << 24 | length);
        }
    }

    private static RpcCall call(RelayedEndpoints peers) {
        return new RpcCall(EligibleProgram.ELIGIBLE_PROGRAM, EchoProgram.VERSION, new RpcAuthTypeNone(), peers.transport());
    }

    private static EchoProgram.Bytes filled(int length, int value) {
        byte[] bytes = new byte[length];
        java.util.Arrays.fill(bytes, (byte) value);
        return new EchoProgram.Bytes(bytes);
    }

    @Test
    void whatIsLentIsNotCopied() throws IOException {
        long before = Counters.process().get(XprtCounter.BULK_BYTES_COPIED);
        write("on", BY_READ_CHUNK);
        assertThat(Counters.process().get(XprtCounter.BULK_BYTES_COPIED) - before).isLessThan(BY_READ_CHUNK);
    }
}
