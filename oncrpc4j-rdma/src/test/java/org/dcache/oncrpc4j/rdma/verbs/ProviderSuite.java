// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/**
 * What the suites of all providers stand on: an adapter, a listener, connected pairs of {@link Endpoint}s, memory.
 *
 * <p>A provider passes the contract of this package when {@link MessagingSuite}, {@link RemoteMemorySuite} and {@link ConnectionSuite}
 * pass. A subclass says which provider; where it is not available, the tests are skipped with its reason.
 */
public abstract class ProviderSuite implements ProviderUnderTest {

    protected static final long TIMEOUT_MILLIS = 20_000;

    protected Adapter adapter;
    private final List<Endpoint> endpoints = new java.util.concurrent.CopyOnWriteArrayList<>();

    /** Settings beyond the defaults. */
    protected Map<String, String> settings() {
        return Map.of();
    }

    @BeforeEach
    protected void openAdapter() throws Exception {
        Availability availability = provider().availability();
        assumeTrue(availability.available(), availability.reason());
        adapter = provider().open(Configuration.of(settings()));
    }

    @AfterEach
    protected void closeAdapter() {
        if (adapter != null) {
            adapter.close();
        }
        for (Endpoint endpoint : endpoints) {
            assertThat(endpoint.violations).isEmpty();
            assertThat(endpoint.established.isDone()).as("an endpoint was never used").isTrue();
            assertThat(endpoint.disconnected.isDone()).as("closing the adapter ends connections").isTrue();
        }
    }

    /** Two connected ends. */
    public record Pair(Endpoint client, Endpoint server) {
        public QueuePair clientQp() {
            return client.queuePair();
        }

        public QueuePair serverQp() {
            return server.queuePair();
        }
    }

    protected Endpoint endpoint() {
        Endpoint endpoint = new Endpoint();
        endpoints.add(endpoint);
        return endpoint;
    }

    protected static ConnectOptions options(int receiveSize, int receives) {
        return options(receiveSize, receives, 16, 16);
    }

    protected static ConnectOptions options(int receiveSize, int receives, int inboundReads, int outboundReads) {
        return new ConnectOptions(null, TIMEOUT_MILLIS, new byte[0], receiveSize, receives, inboundReads, outboundReads);
    }

    protected Listener listen(ConnectionRequestHandler handler) throws IOException {
        return adapter.listen(new InetSocketAddress(address(), 0), 64, handler);
    }

    protected Pair connect() throws IOException {
        return connect(options(4096, 64), options(4096, 64));
    }

    /** Connects a pair and lets the initiator speak first, as a client does. */
    protected Pair connect(ConnectOptions clientOptions, ConnectOptions serverOptions) throws IOException {
        Endpoint server = endpoint();
        try (Listener l = listen(request -> request.accept(serverOptions, server))) {
            Endpoint client = endpoint();
            QueuePair qp = Endpoint.get(connect(l.localAddress(), clientOptions, client));
            assertThat(qp).isSameAs(client.queuePair());
            server.queuePair();
            Pair pair = new Pair(client, server);
            hello(pair);
            return pair;
        }
    }

    /** A first message, so that both sides may send; gives the receive back. */
    private void hello(Pair pair) {
        WorkRequest hello = send(pattern(4, 0));
        pair.clientQp().postSend(hello);
        assertThat(pair.client().sendCompletion()).isEqualTo(new Endpoint.Completion(hello, true));
        pair.server().message();
        pair.serverQp().postReceives(1);
    }

    protected CompletableFuture<QueuePair> connect(InetSocketAddress to, ConnectOptions options, Endpoint endpoint) {
        CompletableFuture<QueuePair> result = new CompletableFuture<>();
        adapter.connect(to, options, endpoint, new ConnectListener() {
            @Override
            public void connected(QueuePair queuePair) {
                if (!endpoint.established.isDone()) {
                    result.completeExceptionally(new AssertionError("connected before onEstablished"));
                }
                result.complete(queuePair);
            }

            @Override
            public void failed(IOException cause) {
                result.completeExceptionally(cause);
            }
        });
        return result;
    }

    /** An endpoint that will never be used, because its connection must fail. */
    protected static Endpoint unusedEndpoint() {
        return new Endpoint();
    }

    // ---- memory and work requests that suit any provider

    /** Direct memory, registered for local use. */
    protected record Memory(ByteBuffer bytes, MemoryRegion region) {
        ByteBuffer view(int from, int length) {
            return bytes.slice(from, length);
        }

        byte[] content() {
            byte[] content = new byte[bytes.capacity()];
            bytes.get(0, content);
            return content;
        }
    }

    protected Memory memory(int size) {
        try {
            ByteBuffer bytes = ByteBuffer.allocateDirect(size);
            return new Memory(bytes, adapter.register(bytes));
        } catch (VerbsException e) {
            throw new AssertionError(e);
        }
    }

    protected Memory memory(byte[] content) {
        Memory memory = memory(content.length);
        memory.bytes().put(0, content);
        return memory;
    }

    /** A signalled Send. */
    protected WorkRequest send(byte[] content) {
        Memory memory = memory(content);
        return new WorkRequest().send().add(memory.bytes(), memory.region()).signaled(true);
    }

    /** A signalled Write. */
    protected WorkRequest write(byte[] content, int stag, long offset) {
        Memory memory = memory(content);
        return new WorkRequest().write(stag, offset).add(memory.bytes(), memory.region()).signaled(true);
    }

    /** A signalled Read. */
    protected WorkRequest read(Memory into, int from, int length, int stag, long offset) {
        return new WorkRequest().read(stag, offset).add(into.view(from, length), into.region()).signaled(true);
    }

    /** Exposes and makes it usable, whatever the provider needs for that. */
    protected Exposure expose(Endpoint owner, MemorySource source, Access access) {
        try {
            Exposure exposure = owner.queuePair().expose(source, access);
            WorkRequest bind = exposure.bindRequest();
            if (bind != null) {
                WorkRequest last = bind;
                while (last.next() != null) {
                    last = last.next();
                }
                last.signaled(true);
                owner.queuePair().postSend(bind);
                assertThat(owner.sendCompletion().ok()).isTrue();
            }
            return exposure;
        } catch (VerbsException e) {
            throw new AssertionError(e);
        }
    }

    /** Revokes and waits for the fence. */
    protected static void revoke(Exposure exposure) {
        CompletableFuture<Void> fenced = new CompletableFuture<>();
        if (!exposure.revoke(() -> fenced.complete(null))) {
            Endpoint.get(fenced);
        }
    }

    /** Bytes that differ at each place and for each seed. */
    protected static byte[] pattern(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed * 31 + length).nextBytes(bytes);
        return bytes;
    }

    protected static void succeeds(Endpoint.Completion completion, WorkRequest request) {
        assertThat(completion).isEqualTo(new Endpoint.Completion(request, true));
    }
}
