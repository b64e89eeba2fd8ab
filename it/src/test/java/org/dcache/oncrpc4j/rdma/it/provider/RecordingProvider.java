// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.provider;

import java.io.EOFException;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.CompletionHandler;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.config.Settings;
import org.dcache.oncrpc4j.rdma.config.Transport;
import org.dcache.oncrpc4j.rdma.spi.RpcEndpoint;
import org.dcache.oncrpc4j.rdma.spi.RpcTransportProvider;
import org.dcache.oncrpc4j.rdma.spi.ServiceContext;
import org.dcache.oncrpc4j.rdma.spi.XdrFactory;
import org.dcache.oncrpc4j.rpc.ReplyQueue;
import org.dcache.oncrpc4j.rpc.RpcAuthError;
import org.dcache.oncrpc4j.rpc.RpcAuthException;
import org.dcache.oncrpc4j.rpc.RpcAuthStat;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.xdr.Xdr;

/**
 * Prints what the weave asks of it, a line each. It has no transport: a call over its connections fails at once. The system property
 * {@code recording.fail} makes it fail at {@code open} or {@code start}.
 */
public final class RecordingProvider implements RpcTransportProvider {

    private static final String FAIL = System.getProperty("recording.fail", "");

    public RecordingProvider() {
        say("provider " + getClass().getClassLoader().getName() + " parent " + getClass().getClassLoader().getParent().getClass()
                .getSimpleName());
    }

    @Override
    public RpcEndpoint open(ServiceContext service, Configuration config) {
        if (FAIL.equals("open")) {
            throw new IllegalStateException("no provider: rdma-core: no device");
        }
        say("open " + service.name() + " client=" + service.client() + " programs=" + service.programs().size() + " ports="
                + service.minPort() + "-" + service.maxPort() + " bind=" + service.bindAddress() + " tls=" + service.tls()
                + " inline=" + config.text(Settings.INLINE));
        return new Endpoint(service, config.get(Settings.TRANSPORT), new ReplyQueue());
    }

    private static void say(String line) {
        System.out.println("recorded " + line);
    }

    private record Endpoint(ServiceContext service, Transport transport, ReplyQueue replies) implements RpcEndpoint {

        @Override
        public boolean replacesTcp() {
            return transport == Transport.RDMA;
        }

        @Override
        public void start() throws IOException {
            say("start " + service.name());
            if (FAIL.equals("start")) {
                throw new BindException("no provider: rdma-core: no device");
            }
        }

        @Override
        public void stop() {
            say("stop " + service.name());
            replies.shutdown();
        }

        @Override
        public void stop(long gracePeriod, TimeUnit unit) {
            say("stop " + service.name() + " within " + gracePeriod + " " + unit);
            replies.shutdown();
        }

        @Override
        public boolean diverts(InetSocketAddress address) {
            return transport == Transport.RDMA || address.getPort() == 2049;
        }

        @Override
        public RpcTransport connect(InetSocketAddress address, long timeout, TimeUnit unit) throws IOException {
            say("connect " + address.getPort() + " within " + timeout + " " + unit);
            if (address.getPort() == 1) {
                throw new ConnectException("Connection refused: " + address);
            }
            return new DeadTransport(address, replies);
        }

        @Override
        public InetSocketAddress localAddress() {
            return service.client() ? null : new InetSocketAddress(InetAddress.getLoopbackAddress(), 20049);
        }
    }

    private static final class DeadTransport implements RpcTransport, XdrFactory {

        private final InetSocketAddress remote;
        private final ReplyQueue replies;

        DeadTransport(InetSocketAddress remote, ReplyQueue replies) {
            this.remote = remote;
            this.replies = replies;
        }

        @Override
        public Xdr newCallXdr(int initialSize) {
            say("xdr " + initialSize);
            return new Xdr(initialSize);
        }

        @Override
        public <A> void send(Xdr xdr, A attachment, CompletionHandler<Integer, ? super A> handler) {
            say("send");
            handler.failed(new EOFException("nothing is carried"), attachment);
        }

        @Override
        public ReplyQueue getReplyQueue() {
            return replies;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public InetSocketAddress getLocalSocketAddress() {
            return new InetSocketAddress(InetAddress.getLoopbackAddress(), 1023);
        }

        @Override
        public InetSocketAddress getRemoteSocketAddress() {
            return remote;
        }

        @Override
        public RpcTransport getPeerTransport() {
            return this;
        }

        @Override
        public void startTLS() throws RpcAuthException {
            throw new RpcAuthException("no TLS", new RpcAuthError(RpcAuthStat.AUTH_FAILED));
        }

        @Override
        public boolean isTLS() {
            return false;
        }
    }
}
