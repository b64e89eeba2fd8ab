// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.CompletionHandler;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.rpc.harness.EchoProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.RelayedEndpoints;
import org.dcache.oncrpc4j.rdma.xprt.error.DuplicateXidException;
import org.dcache.oncrpc4j.rdma.xprt.memory.RegbufPool;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.RpcReply;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.xdr.Xdr;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What oncrpc4j does with a call, step by step, when the connection ends before the call is announced: it encodes, calls {@code
 * registerKey}, and only if that does not throw hands the encoded message to {@code send}, which gives its memory back.
 */
@Timeout(30)
class CallOnEndedConnectionTest {

    private static final int XID = 77;

    private RelayedEndpoints endpoints;
    private RdmaRpcTransport transport;
    private RegbufPool regbufs;

    @BeforeEach
    void start() throws IOException {
        endpoints = new RelayedEndpoints(Map.of(), Map.of(new OncRpcProgram(EchoProgram.PROGRAM, EchoProgram.VERSION), new EchoProgram()),
                Map.of());
        transport = (RdmaRpcTransport) endpoints.transport();
        regbufs = transport.connection().device().regbufs();
    }

    @AfterEach
    void stop() throws IOException {
        endpoints.close();
    }

    /** As {@code RpcCall.callInternal} does it. */
    private void callInternal(int xid, long timeoutMillis, CompletionHandler<RpcReply, RpcTransport> callback) throws IOException {
        Xdr xdr = transport.newCallXdr(Xdr.INITIAL_XDR_SIZE);
        xdr.beginEncoding();
        for (int word : new int[] {xid, 0, 2, EchoProgram.PROGRAM, EchoProgram.VERSION, EchoProgram.ECHO, 0, 0, 0, 0}) {
            xdr.xdrEncodeInt(word);
        }
        xdr.xdrEncodeDynamicOpaque(new byte[50_000]);
        xdr.endEncoding();
        transport.getReplyQueue().registerKey(xid, transport.getLocalSocketAddress(), callback, timeoutMillis, TimeUnit.MILLISECONDS);
        transport.send(xdr, transport.getRemoteSocketAddress(), new CompletionHandler<Integer, InetSocketAddress>() {
            @Override
            public void completed(Integer bytes, InetSocketAddress to) {}

            @Override
            public void failed(Throwable cause, InetSocketAddress to) {
                transport.getReplyQueue().get(xid);
                callback.failed(cause, transport);
            }
        });
    }

    private static final class Failures implements CompletionHandler<RpcReply, RpcTransport> {

        final List<Throwable> all = new CopyOnWriteArrayList<>();

        @Override
        public void completed(RpcReply reply, RpcTransport from) {}

        @Override
        public void failed(Throwable cause, RpcTransport from) {
            all.add(cause);
        }
    }

    @Test
    void theCallFailsAndItsMemoryIsFree() throws IOException {
        transport.abort();
        while (transport.isOpen() || regbufs.inUse() != 0) {
            Thread.onSpinWait();
        }
        for (int i = 0; i < 20; i++) {
            Failures failures = new Failures();
            callInternal(XID + i, i % 2 * 1000, failures);
            assertThat(failures.all).isNotEmpty().hasOnlyElementsOfType(EOFException.class);
        }
        assertThat(regbufs.inUse()).isZero();
        assertThat(transport.getReplyQueue().getPendingRequests()).isEmpty();
    }

    @Test
    void aDuplicateXidIsStillRefused() throws IOException {
        transport.getReplyQueue().registerKey(XID, transport.getLocalSocketAddress(), new Failures());
        assertThatThrownBy(() -> transport.getReplyQueue().registerKey(XID, transport.getLocalSocketAddress(), new Failures()))
                .isInstanceOf(DuplicateXidException.class);
    }
}
