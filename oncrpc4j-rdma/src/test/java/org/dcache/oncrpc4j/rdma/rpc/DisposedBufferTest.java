// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.rpc.harness.LeakLedger;
import org.dcache.oncrpc4j.rdma.rpc.harness.LocalEndpoints;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.xdr.Xdr;
import org.dcache.oncrpc4j.xdr.XdrAble;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;
import org.dcache.oncrpc4j.xdr.XdrOpaque;
import org.dcache.oncrpc4j.xdr.XdrVoid;
import org.glassfish.grizzly.Buffer;
import org.glassfish.grizzly.memory.ByteBufferWrapper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Buffers by reference of which their program disposes too early, or that cannot be disposed of: nothing of the transport's is lost. */
@Timeout(120)
class DisposedBufferTest {

    private static final OncRpcProgram PROGRAM = new OncRpcProgram(0x20000099, 1);
    /** More than a connection has contexts. */
    private static final int CALLS = 300;
    private static final int TWICE = 1;
    private static final int EARLY = 2;
    private static final int SIZE = 1000;

    private final long notDisposed = notDisposed();
    private final LeakLedger before = LeakLedger.snapshot();
    private final ExecutorService threads = Executors.newFixedThreadPool(2);

    @AfterEach
    void nothingIsLeft() {
        threads.shutdownNow();
        LeakLedger.assertNothingLeaked(before);
    }

    /** Data by reference, and what the program does with its buffer once that is encoded. */
    private record Shallow(Buffer buffer, Consumer<Buffer> then) implements XdrAble {

        /** As one that the program has disposed of itself when the transport does. */
        static Shallow twice() {
            return new Shallow(new ByteBufferWrapper(ByteBuffer.allocate(SIZE)) {
                @Override
                public void dispose() {
                    throw new IllegalStateException("this trace belongs to the test");
                }
            }, buffer -> buffer.allowBufferDispose(true));
        }

        static Shallow early() {
            return new Shallow(new ByteBufferWrapper(ByteBuffer.allocate(SIZE)), Buffer::dispose);
        }

        @Override
        public void xdrEncode(XdrEncodingStream xdr) {
            ((Xdr) xdr).xdrEncodeShallowByteBuffer(buffer);
            then.accept(buffer);
        }

        @Override
        public void xdrDecode(XdrDecodingStream xdr) {}
    }

    private static long notDisposed() {
        return Counters.process().get(XprtCounter.BUFFER_NOT_DISPOSED);
    }

    private interface Calls {
        void with(RpcCall call) throws Exception;
    }

    private void connected(Calls calls) throws Exception {
        try (LocalEndpoints endpoints = new LocalEndpoints(Map.of(), Map.of(PROGRAM, call -> {
            XdrOpaque data = new XdrOpaque(new byte[0]);
            switch (call.getProcedure()) {
                case TWICE -> call.reply(Shallow.twice());
                case EARLY -> call.reply(Shallow.early());
                default -> {
                    call.retrieveCall(data);
                    call.reply(data);
                }
            }
        }), threads)) {
            RpcTransport transport = endpoints.connect();
            calls.with(LocalEndpoints.call(transport, PROGRAM.getNumber()));
            XdrOpaque echo = new XdrOpaque(new byte[0]);
            LocalEndpoints.call(transport, PROGRAM.getNumber()).call(3, new XdrOpaque(new byte[SIZE]), echo, 30, TimeUnit.SECONDS);
            assertThat(echo.getOpaque()).as("the connection is well").hasSize(SIZE);
        }
    }

    @Test
    void repliesWhoseBufferCannotBeDisposedOfArrive() throws Exception {
        connected(call -> {
            for (int i = 0; i < CALLS; i++) {
                XdrOpaque data = new XdrOpaque(new byte[0]);
                call.call(TWICE, XdrVoid.XDR_VOID, data, 30, TimeUnit.SECONDS);
                assertThat(data.getOpaque()).hasSize(SIZE);
            }
        });
        assertThat(notDisposed()).isEqualTo(notDisposed + CALLS);
    }

    @Test
    void soDoRepliesToCallsWithSuchABuffer() throws Exception {
        connected(call -> {
            for (int i = 0; i < CALLS; i++) {
                XdrOpaque data = new XdrOpaque(new byte[0]);
                call.call(3, Shallow.twice(), data, 30, TimeUnit.SECONDS);
                assertThat(data.getOpaque()).hasSize(SIZE);
            }
        });
        assertThat(notDisposed()).isEqualTo(notDisposed + CALLS);
    }

    @Test
    void aReplyWhoseBufferIsGoneFailsItsCallOnly() throws Exception {
        connected(call -> {
            for (int i = 0; i < CALLS; i++) {
                assertThatThrownBy(() -> call.call(EARLY, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID, 30, TimeUnit.SECONDS))
                        .isInstanceOf(IOException.class);
            }
        });
    }

    @Test
    void aCallWhoseBufferIsGoneFailsAlone() throws Exception {
        connected(call -> {
            for (int i = 0; i < CALLS; i++) {
                assertThatThrownBy(() -> call.call(3, Shallow.early(), XdrVoid.XDR_VOID, 30, TimeUnit.SECONDS))
                        .isInstanceOf(IOException.class);
            }
        });
    }
}
