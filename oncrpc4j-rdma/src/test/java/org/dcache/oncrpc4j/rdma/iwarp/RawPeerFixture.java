// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpSettings;
import org.dcache.oncrpc4j.rdma.verbs.Access;
import org.dcache.oncrpc4j.rdma.verbs.ConnectListener;
import org.dcache.oncrpc4j.rdma.verbs.ConnectOptions;
import org.dcache.oncrpc4j.rdma.verbs.Endpoint;
import org.dcache.oncrpc4j.rdma.verbs.Exposure;
import org.dcache.oncrpc4j.rdma.verbs.Listener;
import org.dcache.oncrpc4j.rdma.verbs.MemoryBudget;
import org.dcache.oncrpc4j.rdma.verbs.MemorySource;
import org.dcache.oncrpc4j.rdma.verbs.QueuePair;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;

/** An adapter of ours with one endpoint, and a {@link RawPeer} at the other end. */
final class RawPeerFixture implements AutoCloseable {

    static final int RECEIVE_SIZE = 4096;

    final IwarpAdapter adapter;
    final Endpoint endpoint = new Endpoint();
    RawPeer peer;
    private Listener listener;

    RawPeerFixture(Map<String, String> settings) {
        adapter = new IwarpAdapter(IwarpSettings.of(Configuration.of(settings)), MemoryBudget.of(Configuration.of(settings)));
    }

    RawPeerFixture() {
        this(Map.of());
    }

    static ConnectOptions options(int receives, int ird, int ord) {
        return new ConnectOptions(null, 20_000, new byte[0], RECEIVE_SIZE, receives, ird, ord);
    }

    /** We listen; the peer has made its TCP connection. */
    RawPeerFixture listening(ConnectOptions options) throws IOException {
        listener = adapter.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16,
                request -> request.accept(options, endpoint));
        peer = RawPeer.connect(listener.localAddress());
        return this;
    }

    InetSocketAddress address() {
        return listener.localAddress();
    }

    void closeListener() {
        listener.close();
    }

    /** We are the responder of a complete handshake, CRC on, and the peer has said hello with message 1. */
    RawPeerFixture responding(ConnectOptions options) throws IOException {
        listening(options);
        peer.initiate(128, 128);
        peer.sendFpdu(RawPeer.sendMessage(1, new byte[0]));
        endpoint.message();
        return this;
    }

    RawPeerFixture responding() throws IOException {
        return responding(options(16, 4, 4));
    }

    /** We are the initiator of a complete handshake. */
    RawPeerFixture initiating(ConnectOptions options) throws IOException {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            CompletableFuture<QueuePair> connected = connect(new InetSocketAddress(server.getInetAddress(), server.getLocalPort()),
                    options);
            peer = RawPeer.accept(server);
            peer.respond(128, 1);
            Endpoint.get(connected);
        }
        return this;
    }

    CompletableFuture<QueuePair> connect(InetSocketAddress to, ConnectOptions options) {
        CompletableFuture<QueuePair> result = new CompletableFuture<>();
        adapter.connect(to, options, endpoint, new ConnectListener() {
            @Override
            public void connected(QueuePair queuePair) {
                result.complete(queuePair);
            }

            @Override
            public void failed(IOException cause) {
                result.completeExceptionally(cause);
            }
        });
        return result;
    }

    QueuePair queuePair() {
        return endpoint.queuePair();
    }

    Exposure expose(ByteBuffer memory, Access access) {
        try {
            return queuePair().expose(MemorySource.of(memory), access);
        } catch (VerbsException e) {
            throw new AssertionError(e);
        }
    }

    static WorkRequest send(byte[] content) {
        return new WorkRequest().send().add(ByteBuffer.wrap(content)).signaled(true);
    }

    @Override
    public void close() throws IOException {
        if (peer != null) {
            peer.close();
        }
        adapter.close();
        assertThat(endpoint.violations).isEmpty();
    }
}
