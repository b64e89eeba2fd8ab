// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.gss;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.CompletionHandler;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.dcache.oncrpc4j.rpc.RpcReply;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.xdr.Xdr;
import org.dcache.oncrpc4j.xdr.XdrAble;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;
import org.glassfish.grizzly.Buffer;

/** A connection of oncrpc4j, whichever it is; replies that are no success come as its exceptions. One thread. */
public final class TransportWire implements Wire {

    private static final long PATIENCE_SECONDS = 60;

    private final RpcTransport transport;

    public TransportWire(RpcTransport transport) {
        this.transport = transport;
    }

    @Override
    public byte[] exchange(byte[] call) throws IOException {
        CompletableFuture<byte[]> reply = new CompletableFuture<>();
        int xid = ByteBuffer.wrap(call).getInt();
        transport.getReplyQueue().registerKey(xid, transport.getLocalSocketAddress(), new Handler(reply), PATIENCE_SECONDS,
                TimeUnit.SECONDS);
        Xdr xdr = new Xdr(call.length);
        xdr.beginEncoding();
        xdr.xdrEncodeOpaque(call, call.length);
        xdr.endEncoding();
        transport.send(xdr, transport.getRemoteSocketAddress(), new CompletionHandler<Integer, InetSocketAddress>() {
            @Override
            public void completed(Integer bytes, InetSocketAddress to) {
                // The reply tells.
            }

            @Override
            public void failed(Throwable cause, InetSocketAddress to) {
                reply.completeExceptionally(cause);
            }
        });
        try {
            return reply.get(2 * PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException cause) {
                throw cause;
            }
            throw new IOException(e.getCause());
        } catch (InterruptedException | TimeoutException e) {
            throw new IOException(e);
        }
    }

    private record Handler(CompletableFuture<byte[]> reply) implements CompletionHandler<RpcReply, RpcTransport> {

        @Override
        public void completed(RpcReply result, RpcTransport from) {
            try {
                WholeMessage whole = new WholeMessage();
                result.getReplyResult(whole);
                reply.complete(whole.bytes);
            } catch (IOException | RuntimeException e) {
                reply.completeExceptionally(e);
            }
        }

        @Override
        public void failed(Throwable cause, RpcTransport from) {
            reply.completeExceptionally(cause);
        }
    }

    /** The message that results are decoded from, from its first byte on. */
    private static final class WholeMessage implements XdrAble {

        private byte[] bytes;

        @Override
        public void xdrDecode(XdrDecodingStream xdr) {
            Buffer buffer = ((Xdr) xdr).asBuffer().duplicate();
            buffer.position(0);
            bytes = new byte[buffer.remaining()];
            buffer.get(bytes);
        }

        @Override
        public void xdrEncode(XdrEncodingStream xdr) {
            throw new UnsupportedOperationException();
        }
    }
}
