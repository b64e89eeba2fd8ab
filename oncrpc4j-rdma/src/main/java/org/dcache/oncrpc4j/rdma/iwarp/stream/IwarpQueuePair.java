// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.stream;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.dcache.oncrpc4j.rdma.iwarp.loop.EventLoop;
import org.dcache.oncrpc4j.rdma.iwarp.loop.LingeringSocket;
import org.dcache.oncrpc4j.rdma.iwarp.memory.IwarpExposure;
import org.dcache.oncrpc4j.rdma.iwarp.memory.ReadRequests;
import org.dcache.oncrpc4j.rdma.iwarp.memory.StagTable;
import org.dcache.oncrpc4j.rdma.iwarp.rx.PooledReceive;
import org.dcache.oncrpc4j.rdma.iwarp.rx.ReadSinks;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpCounter;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpResources;
import org.dcache.oncrpc4j.rdma.iwarp.wire.RdmapOpcode;
import org.dcache.oncrpc4j.rdma.iwarp.wire.TerminateCode;
import org.dcache.oncrpc4j.rdma.iwarp.wire.TerminateMessage;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.verbs.Access;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionInfo;
import org.dcache.oncrpc4j.rdma.verbs.Exposure;
import org.dcache.oncrpc4j.rdma.verbs.MemorySource;
import org.dcache.oncrpc4j.rdma.verbs.QueuePairHandler;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.dcache.oncrpc4j.rdma.verbs.error.ConnectionClosedException;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerClosedException;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerResetException;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerStalledException;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerTerminatedException;
import org.dcache.oncrpc4j.rdma.verbs.error.ProtocolViolationException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;
import org.dcache.oncrpc4j.rdma.verbs.parts.LedQueuePair;
import org.dcache.oncrpc4j.rdma.verbs.parts.LoopQueuePair;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection in full operation: ties socket, {@link SendSide}, {@link ReceiveSide} and handler together.
 *
 * <p>It ends as {@link LoopQueuePair} says. An orderly end or a Terminate lets the send side drain for a bounded time, closes the output
 * and leaves the socket to a {@link LingeringSocket}, of which there are no more than connections may be; anything else closes it at
 * once. Then the teardown runs on the loop in this order:
 * send side flushed (by whoever holds it), Reads failed, exposures ended, {@code onDisconnected}.
 */
public final class IwarpQueuePair extends LedQueuePair implements EventLoop.Handler, IwarpExposure.Owner {

    /** How long a Read Response may keep revoked memory while the peer takes nothing, and at most so many times as long while it does. */
    private static final long REVOKE_MILLIS = 2000;
    private static final int REVOKE_LOOKS = 15;
    /** How long the peer may go on sending after our end. */
    private static final long LINGER_MILLIS = 2000;

    private static final Logger LOG = LoggerFactory.getLogger(IwarpQueuePair.class);

    private final IwarpResources resources;
    private final EventLoop loop;
    private final SocketChannel channel;
    private final ConnectionInfo info;
    private final Counters counters;
    private final boolean initiator;
    private final StagTable stags;
    private final ReadSinks sinks;
    private final SendSide sendSide;
    private final InboundMessages messages;
    private final Progress progress = new Progress();
    final ReceiveSide receiveSide;
    private final Runnable armTask = this::arm;
    private final Runnable receiveTask;
    private volatile boolean gone;

    private SelectionKey key;
    private Nudger nudger;
    private boolean peerSpoke;
    private boolean linger;

    public IwarpQueuePair(IwarpResources resources, EventLoop loop, SocketChannel channel, QueuePairHandler handler, Agreement agreement) {
        super(loop, resources.settings().waitInLoop(), handler, resources.counters().toward(agreement.info().remote()),
                IwarpCounter.HANDLER_FAILED, IwarpCounter.CLOSE_TIMEOUT, IwarpCounter.WAITS_IN_LOOP);
        this.resources = resources;
        this.loop = loop;
        this.channel = channel;
        this.info = agreement.info();
        this.initiator = agreement.initiator();
        this.counters = resources.counters().toward(info.remote());
        stags = new StagTable(resources.stagRandom());
        sinks = new ReadSinks(info.outboundReads());
        ReadRequests readRequests = new ReadRequests(agreement.readRequestBound());
        sendSide = new SendSide(this, channel, resources.stagingPool(), counters, resources.stagRandom(), sinks, readRequests,
                agreement.mulpdu(), info.checksum(), initiator);
        Segment segment = new Segment();
        messages = new InboundMessages(this, stags, sinks, readRequests, sendSide,
                resources.receivePool(loop, agreement.receiveSize()), agreement.emptyRtr(), segment);
        receiveSide = new ReceiveSide(this, channel, counters, messages, segment, sendSide, info.checksum());
        receiveTask = receiveSide::ready;
        messages.postReceives(agreement.receives());
    }

    /** Loop: the handshake is done. The key is that of the handshake. */
    public void established(SelectionKey handshakeKey) {
        key = handshakeKey;
        key.attach(this);
        key.interestOps(SelectionKey.OP_READ);
        counters.increment(IwarpCounter.ESTABLISHED);
        tellEstablished();
    }

    /** Loop: the peer was gone before the connection came up, and its socket is closed. */
    public void endUnestablished(VerbsException cause) {
        endNow(cause);
    }

    @Override
    public ConnectionInfo info() {
        return info;
    }

    @Override
    public EventLoop loop() {
        return loop;
    }

    @Override
    public boolean isReceiveStalled() {
        return receiveSide.isStalled();
    }

    @Override
    public void patrol(long now, long patience) {
        if (sendSide.isUnreported() && isOpen()) {
            abort(new ConnectionClosedException("nothing could be sent to " + info.remote() + " for want of memory"));
            return;
        }
        switch (progress.look(now, patience, messages, sendSide)) {
            case INPUT -> stalled(IwarpCounter.MESSAGE_NOT_FINISHED, "has begun a message and not sent the rest of it for", patience);
            case OUTPUT -> stalled(IwarpCounter.OUTPUT_NOT_TAKEN, "has taken nothing of what there is to send for", patience);
            default -> {}
        }
    }

    private void stalled(IwarpCounter cause, String what, long patience) {
        PeerStalledException why = new PeerStalledException("the peer " + info.remote() + ' ' + what + " more than "
                + patience / 1_000_000_000 + " s (oncrpc.rdma.keepalive); the connection is closed");
        if (isOpen()) {
            counters.increment(cause, why.getMessage());
        }
        abort(why);
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
        return !resources.isClosed() && loop.execute(task);
    }

    @Override
    public boolean revoke(IwarpExposure exposure, Runnable fenced) {
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
        lookLater(exposure, sendSide.written(), 1);
        return false;
    }

    private void lookLater(IwarpExposure exposure, long written, int look) {
        loop.schedule(REVOKE_MILLIS, () -> {
            if (!exposure.isPinned() || isTornDown()) {
                return;
            }
            long now = sendSide.written();
            if (now != written && look < REVOKE_LOOKS) {
                lookLater(exposure, now, look + 1);
                return;
            }
            counters.increment(IwarpCounter.REVOKE_TIMEOUT);
            abort(new ConnectionClosedException("the peer asked for memory by RDMA Read and did not take it: it was revoked "
                    + look * REVOKE_MILLIS + " ms ago, and the peer has taken " + (now - written) + " bytes in the last "
                    + REVOKE_MILLIS + " ms; the connection is closed"));
        });
    }

    @Override
    public void ready(int operations) {
        if ((operations & SelectionKey.OP_WRITE) != 0) {
            key.interestOpsAnd(~SelectionKey.OP_WRITE);
            sendSide.writable();
        }
        if ((operations & SelectionKey.OP_READ) != 0 && !isTornDown()) {
            receive(receiveTask);
        }
    }

    /** What runs into a failure of our own, or of the upper layer's memory sources, ends this connection and no other. */
    private void receive(Runnable reading) {
        guarded("while it received", reading);
    }

    // ---- what the receive side reports, on the loop

    /** Whether messages are still taken in. */
    boolean isReading() {
        return isOpen();
    }

    void count(IwarpCounter event) {
        counters.increment(event);
    }

    /** Goes on with a message that waited for a receive buffer. */
    void resume(Runnable reading) {
        if (!isTornDown()) {
            receive(reading);
        }
    }

    void pauseReading() {
        key.interestOpsAnd(~SelectionKey.OP_READ);
    }

    void resumeReading() {
        if (!isTornDown()) {
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
        tellReceived(message);
    }

    void readCompleted(WorkRequest request, boolean ok) {
        tellCompleted(request, ok);
    }

    /** The peer broke the protocol: Terminate. @param header FPDU of the segment up to its payload, or null */
    void violated(TerminateCode error, ByteBuffer header, int segmentLength, RdmapOpcode opcode) {
        receiveSide.discard();
        ProtocolViolationException cause = new ProtocolViolationException(
                "connection with " + info.remote() + " ended with a Terminate: " + error.text(), error.layer(), error.type(),
                error.code());
        if (decide(cause)) {
            counters.increment(error);
            drain();
            limitDraining();
            sendSide.terminate(TerminateMessage.compose(error, header, segmentLength, opcode));
        }
    }

    void terminated(TerminateMessage message) {
        counters.increment(IwarpCounter.TERMINATE_RECEIVED, message.describe());
        endNow(new PeerTerminatedException("the peer " + info.remote() + " ended the connection with a Terminate: "
                + message.describe(), message.layer(), message.type(), message.code()));
    }

    /** The peer closed its output. */
    void inputEnded(boolean betweenFpdus) {
        if (isOpen()) {
            counters.increment(betweenFpdus ? IwarpCounter.PEER_CLOSED : IwarpCounter.PEER_RESET);
        }
        endNow(betweenFpdus
                ? new PeerClosedException("the peer " + info.remote() + " closed the connection")
                : new PeerResetException("the peer " + info.remote() + " closed the connection inside an FPDU"));
    }

    void inputBroken(IOException e) {
        if (isOpen()) {
            counters.increment(IwarpCounter.PEER_RESET, e.getMessage());
        }
        endNow(new PeerResetException("connection with " + info.remote() + " broke: " + e.getMessage(), e));
    }

    // ---- what the send side reports, on any thread

    void sendCompleted(WorkRequest request, boolean ok) {
        tellCompleted(request, ok);
    }

    /** A Read that cannot start any more. */
    void failReadLater(WorkRequest request) {
        if (!loop.execute(() -> readCompleted(request, false))) {
            readCompleted(request, false);
        }
    }

    void awaitStaging(Runnable retry) {
        resources.stagingPool().await(() -> loop.execute(retry));
    }

    void armWrite() {
        if (loop.inLoop()) {
            arm();
        } else {
            loop.execute(armTask);
        }
    }

    private void arm() {
        if (!isTornDown()) {
            key.interestOpsOr(SelectionKey.OP_WRITE);
        }
    }

    /** A posted request could not be put on the wire. */
    void sendSideFailed(Throwable e) {
        failed("while it sent", e);
    }

    /** The initiator's first FPDU left. */
    void firstFpduSent() {
        loop.execute(() -> {
            if (!peerSpoke && !isTornDown()) {
                nudger = new Nudger(loop, sendSide, counters);
                nudger.start();
            }
        });
    }

    /** The socket takes nothing any more. What it still holds for us may say why, so that is read first. */
    void outputBroken(IOException e) {
        loop.execute(() -> {
            if (isOpen()) {
                receive(receiveTask);
            }
            inputBroken(e);
        });
    }

    /** All that was to be sent before the end has been sent. */
    void outputDone() {
        loop.execute(() -> {
            if (!isTornDown()) {
                try {
                    channel.shutdownOutput();
                    linger = true;
                } catch (IOException e) {
                    LOG.debug("cannot close the output of {}", info.remote(), e);
                }
                tearDown();
            }
        });
    }

    // ---- the end, on the loop

    @Override
    protected void finish() {
        drain();
        sendSide.finish();
    }

    /** What comes is thrown away from here on, so that the peer can take what we still send. */
    private void drain() {
        receiveSide.discard();
        key.interestOpsOr(SelectionKey.OP_READ);
    }

    @Override
    protected void teardown() {
        receiveSide.discard();
        if (nudger != null) {
            nudger.stop();
        }
        try {
            if (linger && resources.lingering().count() >= resources.settings().connections()) {
                counters.increment(IwarpCounter.NOT_LINGERED);
                linger = false;
            }
            if (linger) {
                new LingeringSocket(loop, channel, key, LINGER_MILLIS, resources.members(), resources.lingering()).start();
            } else if (key != null) {
                key.cancel();
                EventLoop.close(channel);
            }
        } finally {
            sendSide.kill();
        }
    }

    /** The last part of the teardown: nobody sends any more. */
    void sendSideFlushed() {
        while (!sinks.isEmpty()) {
            readCompleted(sinks.remove(), false);
        }
        for (WorkRequest request = sendSide.pollWaitingRead(); request != null; request = sendSide.pollWaitingRead()) {
            readCompleted(request, false);
        }
        guarded("while its receives ended", messages::close);
        guarded("while its exposures ended", stags::close);
        gone = true;
        if (key != null) {
            counters.increment(IwarpCounter.CLOSED);
        }
        tellEnd();
        resources.members().remove(this);
    }
}
