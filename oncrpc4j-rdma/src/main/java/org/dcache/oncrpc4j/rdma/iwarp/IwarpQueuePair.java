// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.concurrent.atomic.AtomicReference;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.verbs.Access;
import org.dcache.oncrpc4j.rdma.verbs.AdapterClosedException;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionClosedException;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionInfo;
import org.dcache.oncrpc4j.rdma.verbs.Exposure;
import org.dcache.oncrpc4j.rdma.verbs.MemorySource;
import org.dcache.oncrpc4j.rdma.verbs.PeerClosedException;
import org.dcache.oncrpc4j.rdma.verbs.PeerResetException;
import org.dcache.oncrpc4j.rdma.verbs.PeerTerminatedException;
import org.dcache.oncrpc4j.rdma.verbs.ProtocolViolationException;
import org.dcache.oncrpc4j.rdma.verbs.QueuePair;
import org.dcache.oncrpc4j.rdma.verbs.QueuePairHandler;
import org.dcache.oncrpc4j.rdma.verbs.VerbsException;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.dcache.oncrpc4j.rdma.verbs.parts.Members;
import org.dcache.oncrpc4j.rdma.verbs.parts.Timer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection in full operation: ties socket, {@link SendSide}, {@link ReceiveSide} and handler together and owns the way it ends.
 *
 * <p>The end is decided once, by whoever sets the cause first. From there: an orderly end or a Terminate lets the send side drain
 * for a bounded time, closes the output and leaves the socket to a {@link LingeringSocket}; anything else closes it at once. Then the
 * teardown runs on the loop in this order: send side flushed (by whoever holds it), Reads failed, exposures ended, {@code onDisconnected}.
 * A handler that throws is logged and counted.
 */
final class IwarpQueuePair implements QueuePair, EventLoop.Handler, Members.Member {

    /** How long posted work and a Terminate may take to leave when the connection ends. */
    private static final long DRAIN_MILLIS = 5000;
    /** How long a Read Response may keep revoked memory. */
    private static final long REVOKE_MILLIS = 2000;

    private static final Logger LOG = LoggerFactory.getLogger(IwarpQueuePair.class);

    private final IwarpAdapter adapter;
    private final EventLoop loop;
    private final SocketChannel channel;
    private final QueuePairHandler handler;
    private final ConnectionInfo info;
    private final Counters counters;
    private final boolean initiator;
    private final StagTable stags;
    private final ReadSinks sinks;
    private final SendSide sendSide;
    private final InboundMessages messages;
    private final ReceiveSide receiveSide;
    private final Runnable armTask = this::arm;
    private final Runnable receiveTask;
    private final AtomicReference<VerbsException> end = new AtomicReference<>();
    private volatile boolean gone;

    private SelectionKey key;
    private Nudger nudger;
    private Timer closeTimer;
    private boolean tornDown;
    private boolean peerSpoke;

    IwarpQueuePair(IwarpAdapter adapter, EventLoop loop, SocketChannel channel, QueuePairHandler handler, Agreement agreement) {
        this.adapter = adapter;
        this.loop = loop;
        this.channel = channel;
        this.handler = handler;
        this.info = agreement.info();
        this.initiator = agreement.initiator();
        this.counters = adapter.counters();
        stags = new StagTable(adapter.stagRandom());
        sinks = new ReadSinks(info.outboundReads());
        ReadRequests readRequests = new ReadRequests(agreement.readRequestBound());
        sendSide = new SendSide(this, channel, adapter.stagingPool(), counters, adapter.stagRandom(), sinks, readRequests,
                agreement.mulpdu(), info.checksum(), initiator);
        messages = new InboundMessages(this, stags, sinks, readRequests, sendSide,
                adapter.receivePool(loop, agreement.receiveSize()), agreement.emptyRtr());
        receiveSide = new ReceiveSide(this, channel, counters, messages, sendSide, info.checksum());
        receiveTask = receiveSide::ready;
        messages.postReceives(agreement.receives());
    }

    /** Loop: the handshake is done. The key is that of the handshake. */
    void established(SelectionKey handshakeKey) {
        key = handshakeKey;
        key.attach(this);
        key.interestOps(SelectionKey.OP_READ);
        counters.increment(IwarpCounter.ESTABLISHED);
        try {
            handler.onEstablished(this);
        } catch (Throwable e) {
            handlerFailed(e);
            abort(new ConnectionClosedException("the handler failed when the connection came up", e));
        }
    }

    /** Loop: the peer was gone before the connection came up. */
    void stillborn(VerbsException cause) {
        end.set(cause);
        tornDown = true;
        sendSide.kill();
    }

    @Override
    public ConnectionInfo info() {
        return info;
    }

    EventLoop loop() {
        return loop;
    }

    ReceiveSide receiveSide() {
        return receiveSide;
    }

    @Override
    public void postReceives(int count) {
        messages.postReceives(count);
    }

    @Override
    public void postSend(WorkRequest chain) {
        sendSide.post(chain);
    }

    @Override
    public void postSendOfMany(WorkRequest chain) {
        sendSide.postOfMany(chain);
    }

    @Override
    public Exposure expose(MemorySource memory, Access access) throws VerbsException {
        return stags.add(this, memory, access);
    }

    @Override
    public boolean execute(Runnable task) {
        return !adapter.isClosed() && loop.execute(task);
    }

    @Override
    public boolean inLoop() {
        return loop.inLoop();
    }

    @Override
    public boolean isOpen() {
        return end.get() == null;
    }

    @Override
    public void disconnect(VerbsException cause) {
        if (end.compareAndSet(null, cause)) {
            loop.execute(() -> {
                drain();
                sendSide.finish();
            });
        }
    }

    @Override
    public void abort(VerbsException cause) {
        end.compareAndSet(null, cause);
        loop.execute(this::teardown);
    }

    @Override
    public void adapterClosed() {
        abort(new AdapterClosedException("the iWARP adapter was closed"));
    }

    /** Revokes an exposure of this connection; see {@link Exposure#revoke}. */
    boolean revoke(IwarpExposure exposure, Runnable fenced) {
        if (loop.inLoop()) {
            return revokeInLoop(exposure, fenced);
        }
        if (gone || !exposure.isValid() && !exposure.isPinned()) {
            return true;
        }
        return !loop.execute(() -> {
            if (revokeInLoop(exposure, fenced)) {
                fenced.run();
            }
        });
    }

    private boolean revokeInLoop(IwarpExposure exposure, Runnable fenced) {
        stags.remove(exposure);
        if (exposure.awaitUnpinned(fenced)) {
            return true;
        }
        loop.schedule(REVOKE_MILLIS, () -> {
            if (exposure.isPinned() && !tornDown) {
                counters.increment(IwarpCounter.REVOKE_TIMEOUT);
                abort(new ConnectionClosedException("the peer asked for memory by RDMA Read and did not take it within "
                        + REVOKE_MILLIS + " ms after it was revoked"));
            }
        });
        return false;
    }

    @Override
    public void ready(int operations) {
        if ((operations & SelectionKey.OP_WRITE) != 0) {
            key.interestOpsAnd(~SelectionKey.OP_WRITE);
            sendSide.writable();
        }
        if ((operations & SelectionKey.OP_READ) != 0 && !tornDown) {
            guarded(receiveTask);
        }
    }

    /** What runs into a failure of our own, or of the upper layer's memory sources, ends this connection and no other. */
    private void guarded(Runnable reading) {
        try {
            reading.run();
        } catch (RuntimeException | Error e) {
            handlerFailed(e);
            abort(new ConnectionClosedException("receiving from " + info.remote() + " failed", e));
        }
    }

    // ---- what the receive side reports, on the loop

    /** Whether messages are still taken in. */
    boolean isReading() {
        return end.get() == null;
    }

    void count(IwarpCounter event) {
        counters.increment(event);
    }

    /** Goes on with a message that waited for a receive buffer. */
    void resume(Runnable reading) {
        if (!tornDown) {
            guarded(reading);
        }
    }

    void pauseReading() {
        key.interestOpsAnd(~SelectionKey.OP_READ);
    }

    void resumeReading() {
        if (!tornDown) {
            key.interestOpsOr(SelectionKey.OP_READ);
        }
    }

    /** The peer's first FPDU is whole. */
    void peerSpoke() {
        peerSpoke = true;
        if (nudger != null) {
            nudger.stop();
        }
        if (!initiator) {
            sendSide.openGate();
        }
    }

    void received(PooledReceive message) {
        try {
            handler.onReceive(this, message);
        } catch (Throwable e) {
            handlerFailed(e);
            abort(new ConnectionClosedException("the handler failed at a message", e));
        }
    }

    void readCompleted(WorkRequest request, boolean ok) {
        if (request.isSignaled()) {
            try {
                handler.onReadCompletion(this, request, ok);
            } catch (Throwable e) {
                handlerFailed(e);
            }
        }
    }

    /** The peer broke the protocol: Terminate. @param header FPDU of the segment up to its payload, or null */
    void violated(TerminateCode error, ByteBuffer header, int segmentLength, RdmapOpcode opcode) {
        receiveSide.discard();
        ProtocolViolationException cause = new ProtocolViolationException(
                "connection with " + info.remote() + " ended with a Terminate: " + error.text(), error.layer(), error.type(),
                error.code());
        if (end.compareAndSet(null, cause)) {
            counters.increment(error);
            drain();
            sendSide.terminate(TerminateMessage.compose(error, header, segmentLength, opcode));
        }
    }

    void terminated(TerminateMessage message) {
        counters.increment(IwarpCounter.TERMINATE_RECEIVED);
        endNow(new PeerTerminatedException("the peer " + info.remote() + " ended the connection with a Terminate: "
                + message.describe(), message.layer(), message.type(), message.code()));
    }

    /** The peer closed its output. */
    void inputEnded(boolean betweenFpdus) {
        if (end.get() == null) {
            counters.increment(betweenFpdus ? IwarpCounter.PEER_CLOSED : IwarpCounter.PEER_RESET);
        }
        endNow(betweenFpdus
                ? new PeerClosedException("the peer " + info.remote() + " closed the connection")
                : new PeerResetException("the peer " + info.remote() + " closed the connection inside an FPDU"));
    }

    void inputBroken(IOException e) {
        if (end.get() == null) {
            counters.increment(IwarpCounter.PEER_RESET);
        }
        endNow(new PeerResetException("connection with " + info.remote() + " broke: " + e.getMessage(), e));
    }

    // ---- what the send side reports, on any thread

    void sendCompleted(WorkRequest request, boolean ok) {
        try {
            handler.onSendCompletion(this, request, ok);
        } catch (Throwable e) {
            handlerFailed(e);
        }
    }

    /** A Read that cannot start any more. */
    void failReadLater(WorkRequest request) {
        if (!loop.execute(() -> readCompleted(request, false))) {
            readCompleted(request, false);
        }
    }

    void awaitStaging(Runnable retry) {
        adapter.stagingPool().await(() -> loop.execute(retry));
    }

    void armWrite() {
        if (loop.inLoop()) {
            arm();
        } else {
            loop.execute(armTask);
        }
    }

    private void arm() {
        if (!tornDown) {
            key.interestOpsOr(SelectionKey.OP_WRITE);
        }
    }

    /** A posted request could not be put on the wire. */
    void sendSideFailed(Throwable e) {
        handlerFailed(e);
        abort(new ConnectionClosedException("sending to " + info.remote() + " failed", e));
    }

    /** The initiator's first FPDU left. */
    void firstFpduSent() {
        loop.execute(() -> {
            if (!peerSpoke && !tornDown) {
                nudger = new Nudger(loop, sendSide, counters);
                nudger.start();
            }
        });
    }

    /** The socket takes nothing any more. What it still holds for us may say why, so that is read first. */
    void outputBroken(IOException e) {
        loop.execute(() -> {
            if (!tornDown && end.get() == null) {
                guarded(receiveTask);
            }
            inputBroken(e);
        });
    }

    /** All that was to be sent before the end has been sent. */
    void outputDone() {
        loop.execute(() -> {
            if (!tornDown) {
                try {
                    channel.shutdownOutput();
                    teardown(true);
                } catch (IOException e) {
                    LOG.debug("cannot close the output of {}", info.remote(), e);
                    teardown();
                }
            }
        });
    }

    // ---- the end, on the loop

    private void drain() {
        receiveSide.discard();
        if (!tornDown && closeTimer == null) {
            key.interestOpsOr(SelectionKey.OP_READ);
            closeTimer = loop.schedule(DRAIN_MILLIS, () -> {
                counters.increment(IwarpCounter.CLOSE_TIMEOUT);
                teardown();
            });
        }
    }

    private void endNow(VerbsException cause) {
        end.compareAndSet(null, cause);
        teardown();
    }

    private void teardown() {
        teardown(false);
    }

    private void teardown(boolean linger) {
        if (tornDown) {
            return;
        }
        tornDown = true;
        receiveSide.discard();
        if (closeTimer != null) {
            closeTimer.cancel();
        }
        if (nudger != null) {
            nudger.stop();
        }
        if (linger) {
            new LingeringSocket(adapter, loop, channel, key).start();
        } else {
            key.cancel();
            close(channel);
        }
        sendSide.kill();
    }

    /** The last part of the teardown: nobody sends any more. */
    void sendSideFlushed() {
        while (!sinks.isEmpty()) {
            readCompleted(sinks.remove(), false);
        }
        for (WorkRequest request = sendSide.pollWaitingRead(); request != null; request = sendSide.pollWaitingRead()) {
            readCompleted(request, false);
        }
        messages.close();
        stags.close();
        gone = true;
        if (key != null) {
            counters.increment(IwarpCounter.CLOSED);
        }
        try {
            handler.onDisconnected(this, end.get());
        } catch (Throwable e) {
            handlerFailed(e);
        }
        adapter.members().remove(this);
    }

    private void handlerFailed(Throwable e) {
        counters.increment(IwarpCounter.HANDLER_FAILED);
        LOG.error("the upper layer of the connection with {} failed", info.remote(), e);
    }

    static void close(SocketChannel channel) {
        try {
            channel.close();
        } catch (ClosedChannelException e) {
            // Closed is what it should be.
        } catch (IOException e) {
            LOG.debug("cannot close a socket", e);
        }
    }
}
