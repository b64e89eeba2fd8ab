// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.dcache.oncrpc4j.rdma.verbs.error.ResourceLimitException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;

/** A connection of a {@link LimitedProvider}: what is posted and exposed must be what the capabilities allow. */
final class LimitedQueuePair implements QueuePair {

    /** RFC 8166's default, for who does not know what the peer takes. */
    private static final int MOST_SENT = 1024;

    private final LimitedProvider provider;
    private final QueuePairHandler owner;
    private final Set<LimitedExposure> exposures = ConcurrentHashMap.newKeySet();
    private volatile QueuePair whole;

    LimitedQueuePair(LimitedProvider provider, QueuePairHandler owner) {
        this.provider = provider;
        this.owner = owner;
    }

    QueuePairHandler handler() {
        return new QueuePairHandler() {
            @Override
            public void onEstablished(QueuePair queuePair) {
                whole = queuePair;
                owner.onEstablished(LimitedQueuePair.this);
            }

            @Override
            public void onReceive(QueuePair queuePair, ReceiveBuffer buffer) {
                owner.onReceive(LimitedQueuePair.this, plain(buffer));
            }

            @Override
            public void onSendCompletion(QueuePair queuePair, WorkRequest request, boolean ok) {
                owner.onSendCompletion(LimitedQueuePair.this, request, ok);
            }

            @Override
            public void onReadCompletion(QueuePair queuePair, WorkRequest request, boolean ok) {
                owner.onReadCompletion(LimitedQueuePair.this, request, ok);
            }

            @Override
            public void onDisconnected(QueuePair queuePair, VerbsException cause) {
                whole = queuePair;
                exposures.forEach(LimitedExposure::end);
                owner.onDisconnected(LimitedQueuePair.this, cause);
            }
        };
    }

    private ReceiveBuffer plain(ReceiveBuffer buffer) {
        if (buffer.invalidated()) {
            provider.violation("the peer invalidates although we said that we do not take it");
        }
        return buffer;
    }

    @Override
    public ConnectionInfo info() {
        ConnectionInfo info = whole.info();
        return new ConnectionInfo(info.provider(), info.local(), info.remote(), new byte[0], info.inboundReads(), info.outboundReads(),
                info.checksum(), info.detail());
    }

    @Override
    public void postReceives(int count) {
        whole.postReceives(count);
    }

    @Override
    public void postSend(WorkRequest chain) {
        for (WorkRequest request = chain; request != null; request = request.next()) {
            check(request);
        }
        whole.postSend(chain);
    }

    private void check(WorkRequest request) {
        if (request.opcode() == WorkRequest.Opcode.SEND_WITH_INVALIDATE) {
            provider.violation("Send with Invalidate");
        }
        if (request.opcode() == WorkRequest.Opcode.SEND && request.remaining() > MOST_SENT) {
            provider.violation("a Send of " + request.remaining() + " bytes to a peer of which nothing is known");
        }
        int elements = 0;
        for (int i = 0; i < request.count(); i++) {
            ByteBuffer buffer = request.buffer(i);
            if (buffer.hasRemaining()) {
                elements++;
                if (buffer.isDirect() && request.region(i) == null && provider.hasRefused()) {
                    whole.abort(new ResourceLimitException(request.opcode() + " of memory that could not be registered"));
                } else if (!buffer.isDirect() || !(request.region(i) instanceof LimitedProvider.Region)) {
                    provider.violation(request.opcode() + " of memory that is not registered");
                }
            }
        }
        if (elements > LimitedProvider.MAX_SGE) {
            provider.violation(request.opcode() + " of " + elements + " elements");
        }
    }

    @Override
    public boolean isReceiveStalled() {
        return whole.isReceiveStalled();
    }

    @Override
    public boolean exposesAtOnce(int pieces) {
        return provider.isExposingAtOnce();
    }

    @Override
    public Exposure expose(MemorySource memory, Access access) throws VerbsException {
        if (inLoop() && !provider.isExposingAtOnce()) {
            provider.violation("exposes on the loop");
        }
        ByteBuffer view = memory.memory();
        if (!view.isDirect()) {
            provider.violation("exposes heap memory");
        }
        LimitedExposure exposure = new LimitedExposure(whole.expose(MemorySource.of(view), access));
        exposures.add(exposure);
        return exposure;
    }

    @Override
    public boolean execute(Runnable task) {
        return whole.execute(task);
    }

    @Override
    public boolean inLoop() {
        return whole.inLoop();
    }

    @Override
    public void disconnect(VerbsException cause) {
        whole.disconnect(cause);
    }

    @Override
    public void abort(VerbsException cause) {
        whole.abort(cause);
    }

    @Override
    public boolean isOpen() {
        return whole.isOpen();
    }

    /** Its end is never at once while the connection is up: another thread has to do it. */
    private final class LimitedExposure implements Exposure {

        private final Exposure exposure;
        private final List<Runnable> waiting = new ArrayList<>();
        private boolean revoking;
        private boolean done;

        LimitedExposure(Exposure exposure) {
            this.exposure = exposure;
        }

        @Override
        public int stag() {
            return exposure.stag();
        }

        @Override
        public long offset() {
            return exposure.offset();
        }

        @Override
        public int length() {
            return exposure.length();
        }

        @Override
        public WorkRequest bindRequest() {
            return null;
        }

        @Override
        public boolean revoke(Runnable fenced) {
            boolean first;
            synchronized (this) {
                if (done) {
                    return true;
                }
                waiting.add(fenced);
                first = !revoking;
                revoking = true;
            }
            if (first) {
                new Thread(() -> whole.execute(() -> {
                    if (exposure.revoke(this::end)) {
                        end();
                    }
                }), "revokes").start();
            }
            return false;
        }

        /** On the loop. */
        void end() {
            List<Runnable> told;
            synchronized (this) {
                done = true;
                told = List.copyOf(waiting);
                waiting.clear();
            }
            exposures.remove(this);
            told.forEach(Runnable::run);
        }
    }
}
