// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.CompletionHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.export.tree.memory.MemoryTree;
import org.dcache.oncrpc4j.rdma.rpc.RdmaRpcTransport;
import org.dcache.oncrpc4j.rpc.ReplyQueue;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.xdr.Xdr;
import org.junit.jupiter.api.Test;

/** Clients that do not take the replies to their READs, and the others. */
class SlowClientTest {

    private static final int MIB = 1 << 20;
    private static final int BUDGET = 27;

    private long now;
    private final ReadBuffers buffers = new ReadBuffers(BUDGET * MIB, () -> now);

    /** A connection from a client. */
    public static final class Peer implements RpcTransport {

        private final InetSocketAddress address;
        private final List<ReadBuffers.Lease> leases = new ArrayList<>();
        private boolean closed;
        /** Replies fail some time after the connection ends. */
        private boolean lingers;

        Peer(int client, int port) throws UnknownHostException {
            address = new InetSocketAddress(InetAddress.getByAddress(new byte[] {10, 0, 0, (byte) client}), port);
        }

        /** As the transport has it; replies that were under way fail. */
        public void abort() {
            closed = true;
            if (!lingers) {
                leases.forEach(ReadBuffers.Lease::abandon);
            }
        }

        @Override
        public <A> void send(Xdr xdr, A attachment, CompletionHandler<Integer, ? super A> handler) {
            throw new UnsupportedOperationException();
        }

        @Override
        public ReplyQueue getReplyQueue() {
            return null;
        }

        @Override
        public boolean isOpen() {
            return !closed;
        }

        @Override
        public InetSocketAddress getLocalSocketAddress() {
            return null;
        }

        @Override
        public InetSocketAddress getRemoteSocketAddress() {
            return address;
        }

        @Override
        public RpcTransport getPeerTransport() {
            return this;
        }

        @Override
        public void startTLS() {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean isTLS() {
            return false;
        }
    }

    /** @return how many it got of so many asked for */
    private int take(Peer peer, int count) {
        int got = 0;
        for (int i = 0; i < count; i++) {
            ReadBuffers.Lease lease = buffers.take(MIB, peer);
            if (lease != null) {
                peer.leases.add(lease);
                got++;
            }
        }
        return got;
    }

    @Test
    void whoeverComesLaterFindsSomething() throws IOException {
        assertThat(take(new Peer(1, 1), 100)).as("two thirds").isEqualTo(18);
        assertThat(take(new Peer(1, 2), 100)).as("the same client").isZero();
        assertThat(take(new Peer(2, 1), 100)).as("two thirds of the rest").isEqualTo(6);
        assertThat(take(new Peer(3, 1), 100)).as("two thirds of the rest").isEqualTo(2);
        assertThat(take(new Peer(4, 1), 100)).isEqualTo(1);
    }

    @Test
    void whoTakesNoRepliesIsCutOffWhenSomebodyIsRefusedForIt() throws IOException {
        Peer stuck = new Peer(1, 1);
        Peer slow = new Peer(2, 1);
        take(stuck, 100);
        take(slow, 100);
        now += TimeUnit.SECONDS.toNanos(20);
        slow.leases.remove(0).release();
        now += TimeUnit.SECONDS.toNanos(20);
        assertThat(take(slow, 2)).as("refused").isEqualTo(1);
        assertThat(stuck.closed).isTrue();
        assertThat(slow.closed).isFalse();
        assertThat(take(slow, 100)).isPositive();
        assertThat(buffers.inUse()).isEqualTo((long) slow.leases.size() * MIB);
    }

    @Test
    void whoComesBackFromTheSamePortIsAnotherConnection() throws IOException {
        Peer first = new Peer(1, 1);
        first.lingers = true;
        take(first, 100);
        now += TimeUnit.SECONDS.toNanos(40);
        take(new Peer(2, 1), 100);
        assertThat(first.closed).isTrue();
        Peer again = new Peer(1, 1);
        assertThat(take(again, 1)).isEqualTo(1);
        now += TimeUnit.SECONDS.toNanos(40);
        take(new Peer(3, 1), 100);
        assertThat(again.closed).isTrue();
        first.leases.forEach(ReadBuffers.Lease::release);
        assertThat(buffers.inUse()).isLessThan((long) BUDGET * MIB / 2);
    }

    @Test
    void listingsThatNobodyTakesCountOnTheShareOfTheirClientToo() throws IOException {
        Peer stuck = new Peer(1, 1);
        for (int i = 0; i < 100; i++) {
            ReadBuffers.Lease listing = buffers.count(MIB, stuck);
            assertThat(listing != null).as("listing %d", i).isEqualTo(i < 18);
            if (listing != null) {
                stuck.leases.add(listing);
            }
        }
        assertThat(take(stuck, 1)).isZero();
        assertThat(take(new Peer(2, 1), 100)).isEqualTo(6);
        stuck.leases.forEach(ReadBuffers.Lease::release);
        assertThat(buffers.inUse()).isEqualTo(6 * MIB);
        assertThat(buffers.allocated()).as("there is no buffer to be kept").isEqualTo(6 * MIB);
    }

    @Test
    void connectionsOfBothTransportsCanBeCut() throws Exception {
        try (Mounted nfs = Mounted.asRoot(new MemoryTree(MIB))) {
            assertThat(nfs.transport().isOpen()).isTrue();
            Connections.cut(nfs.transport());
            assertThat(nfs.transport().isOpen()).isFalse();
        }
        Method close = RdmaRpcTransport.class.getMethod("close");
        assertThat(Modifier.isPublic(RdmaRpcTransport.class.getModifiers()) && Modifier.isPublic(close.getModifiers())).isTrue();
    }
}
