// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs;

import java.io.IOException;
import java.net.BindException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.verbs.error.ResourceLimitException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;

/**
 * A provider that hides most of what another one can do, as a poor RDMA library would: memory must be registered, four elements, no
 * invalidation, no private data with an accept and none readable, IPv4 only, exposing blocks and revoking takes a while. Who uses what it
 * does not have is noted in {@link #violations}.
 */
public final class LimitedProvider implements VerbsProvider {

    static final int MAX_SGE = 4;

    private final VerbsProvider whole;
    private final String name;
    private final List<String> violations = new CopyOnWriteArrayList<>();
    private boolean registersAhead = true;
    private boolean exposingAtOnce;
    private volatile boolean refusing;
    private volatile boolean hasRefused;

    public LimitedProvider(VerbsProvider whole) {
        this(whole, whole.name());
    }

    /** Under another name. */
    public LimitedProvider(VerbsProvider whole, String name) {
        this.whole = whole;
        this.name = name;
    }

    /** As one that registers memory for a connection when that first uses it. */
    public LimitedProvider registersLate() {
        registersAhead = false;
        return this;
    }

    /** As one that exposes registered memory without a call into the system. */
    public LimitedProvider exposesAtOnce() {
        exposingAtOnce = true;
        return this;
    }

    boolean isExposingAtOnce() {
        return exposingAtOnce;
    }

    /** What was asked of it although its capabilities exclude it. */
    public List<String> violations() {
        return violations;
    }

    /** Whether no memory can be registered, as when the system allows no more of it to be locked. */
    public void refuseRegistration(boolean refuse) {
        hasRefused |= refuse;
        refusing = refuse;
    }

    /** Whether memory may come that is not registered: it ends the connection that it is posted to. */
    boolean hasRefused() {
        return hasRefused;
    }

    void violation(String what) {
        violations.add(what);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int preference() {
        return whole.preference();
    }

    @Override
    public Availability availability() {
        return whole.availability();
    }

    @Override
    public Adapter open(Configuration config) throws VerbsException {
        return new LimitedAdapter(whole.open(config));
    }

    /** A registration that is known to be one. */
    record Region(MemoryRegion whole) implements MemoryRegion {
        @Override
        public ByteBuffer memory() {
            return whole.memory();
        }

        @Override
        public void close() {
            whole.close();
        }
    }

    private final class LimitedAdapter implements Adapter {

        private final Adapter adapter;

        LimitedAdapter(Adapter adapter) {
            this.adapter = adapter;
        }

        @Override
        public String provider() {
            return adapter.provider();
        }

        @Override
        public Capabilities capabilities() {
            return new Capabilities(false, registersAhead, false, false, false, false, false, false, true, true, false, MAX_SGE,
                    adapter.capabilities().maxSend(), Capabilities.INLINE_OF_DEVICES, 56);
        }

        @Override
        public MemoryBudget memory() {
            return adapter.memory();
        }

        @Override
        public MemoryRegion register(ByteBuffer direct) throws VerbsException {
            if (!direct.isDirect()) {
                violation("heap memory is registered");
            }
            if (HelperThread.isLoop()) {
                violation("memory is registered on a loop");
            }
            if (refusing) {
                throw new ResourceLimitException("cannot register " + direct.capacity()
                        + " bytes: the system allows no more memory to be locked");
            }
            return new Region(adapter.register(direct));
        }

        @Override
        public Listener listen(InetSocketAddress local, int backlog, ConnectionRequestHandler handler) throws IOException {
            if (local.getAddress() instanceof Inet6Address) {
                violation("listens on " + local);
                throw new BindException("no IPv6: " + local);
            }
            return adapter.listen(local, backlog, request -> handler.onConnectionRequest(new LimitedRequest(request)));
        }

        @Override
        public void connect(InetSocketAddress remote, ConnectOptions options, QueuePairHandler handler, ConnectListener listener) {
            LimitedQueuePair limited = new LimitedQueuePair(LimitedProvider.this, handler);
            adapter.connect(remote, options, limited.handler(), new ConnectListener() {
                @Override
                public void connected(QueuePair queuePair) {
                    listener.connected(limited);
                }

                @Override
                public void failed(IOException cause) {
                    listener.failed(cause);
                }
            });
        }

        @Override
        public void close() {
            adapter.close();
        }
    }

    private final class LimitedRequest implements ConnectionRequest {

        private final ConnectionRequest request;

        LimitedRequest(ConnectionRequest request) {
            this.request = request;
        }

        @Override
        public InetSocketAddress localAddress() {
            return request.localAddress();
        }

        @Override
        public InetSocketAddress remoteAddress() {
            return request.remoteAddress();
        }

        @Override
        public byte[] privateData() {
            return new byte[0];
        }

        @Override
        public void accept(ConnectOptions options, QueuePairHandler handler) {
            if (options.privateData().length > 0) {
                violation("private data with an accept");
            }
            request.accept(options, new LimitedQueuePair(LimitedProvider.this, handler).handler());
        }

        @Override
        public void reject(byte[] privateData) {
            request.reject(new byte[0]);
        }
    }
}
