// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.disni;

import com.ibm.disni.verbs.RdmaCmId;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.dcache.oncrpc4j.rdma.verbs.ConnectOptions;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionRequest;
import org.dcache.oncrpc4j.rdma.verbs.QueuePairHandler;
import org.dcache.oncrpc4j.rdma.verbs.parts.Members;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A peer that wants a connection. DiSNI has no call to refuse one: the identifier is destroyed, which makes the kernel refuse. Any thread. */
final class DisniRequest implements ConnectionRequest, Members.Member {

    private static final Logger LOG = LoggerFactory.getLogger(DisniRequest.class);
    private static final byte[] UNREADABLE = new byte[0];

    private final DisniAdapter adapter;
    private final RdmaCmId id;
    private final InetSocketAddress local;
    private final InetSocketAddress remote;
    private final AtomicBoolean answered = new AtomicBoolean();

    DisniRequest(DisniAdapter adapter, RdmaCmId id) throws IOException {
        this.adapter = adapter;
        this.id = id;
        this.local = (InetSocketAddress) id.getSource();
        this.remote = (InetSocketAddress) id.getDestination();
    }

    @Override
    public InetSocketAddress localAddress() {
        return local;
    }

    @Override
    public InetSocketAddress remoteAddress() {
        return remote;
    }

    @Override
    public byte[] privateData() {
        return UNREADABLE;
    }

    @Override
    public void accept(ConnectOptions options, QueuePairHandler handler) {
        if (answered.compareAndSet(false, true)) {
            long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(options.timeoutMillis());
            adapter.job(() -> accept(options, handler, deadline));
        }
    }

    private void accept(ConnectOptions options, QueuePairHandler handler, long deadline) {
        Resources resources;
        try {
            resources = Resources.make(adapter, id, false, options);
        } catch (IOException | RuntimeException e) {
            LOG.warn("a connection of {} is refused: {}", remote, e.getMessage());
            refuse(DisniCounter.HANDSHAKE_FAILED);
            return;
        }
        DisniQueuePair queuePair = new DisniQueuePair(adapter, id, resources, handler, null, adapter.info(local, remote, options), deadline);
        adapter.members().replace(this, queuePair);
        adapter.manager().register(id, queuePair);
        resources.poller().execute(() -> resources.poller().add(resources.number(), queuePair));
        try {
            id.accept(Dialling.parameters());
        } catch (IOException e) {
            adapter.counters().increment(DisniCounter.HANDSHAKE_FAILED);
            queuePair.refuse(e);
        }
    }

    @Override
    public void reject(byte[] privateData) {
        if (answered.compareAndSet(false, true)) {
            adapter.job(() -> refuse(DisniCounter.REJECTED));
        }
    }

    @Override
    public void adapterClosed() {
        reject(UNREADABLE);
    }

    /** On the job thread. */
    private void refuse(DisniCounter why) {
        adapter.handshakeOver();
        adapter.counters().increment(why);
        Resources.quietly("destroy the identifier", id::destroyId);
        adapter.members().remove(this);
    }
}
