// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.xprt.XprtCounter;
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

    @Test
    void whatIsLentIsNotCopied() throws IOException {
        long before = Counters.process().get(XprtCounter.BULK_BYTES_COPIED);
        write("on", BY_READ_CHUNK);
        assertThat(Counters.process().get(XprtCounter.BULK_BYTES_COPIED) - before).isLessThan(BY_READ_CHUNK);
    }
}
