// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.rdmacore.cm.CmEvent;
import org.dcache.oncrpc4j.rdma.rdmacore.cm.CmId;
import org.dcache.oncrpc4j.rdma.rdmacore.device.Device;
import org.dcache.oncrpc4j.rdma.rdmacore.device.DeviceRemovedException;
import org.dcache.oncrpc4j.rdma.rdmacore.device.RdmaCoreCounter;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Memory;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.VerbsLayout;
import org.dcache.oncrpc4j.rdma.rdmacore.loop.CompletionQueue;
import org.dcache.oncrpc4j.rdma.rdmacore.loop.Loop;
import org.dcache.oncrpc4j.rdma.rdmacore.loop.PooledReceive;
import org.dcache.oncrpc4j.rdma.rdmacore.loop.ReceiveQueue;
import org.dcache.oncrpc4j.rdma.rdmacore.receive.EarlyMessages;
import org.dcache.oncrpc4j.rdma.verbs.Access;
import org.dcache.oncrpc4j.rdma.verbs.ConnectListener;
import org.dcache.oncrpc4j.rdma.verbs.ConnectionInfo;
import org.dcache.oncrpc4j.rdma.verbs.Exposure;
import org.dcache.oncrpc4j.rdma.verbs.MemorySource;
import org.dcache.oncrpc4j.rdma.verbs.QueuePairHandler;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.dcache.oncrpc4j.rdma.verbs.error.ConnectionClosedException;
import org.dcache.oncrpc4j.rdma.verbs.error.DeviceErrorException;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerClosedException;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerResetException;
import org.dcache.oncrpc4j.rdma.verbs.error.ProtocolViolationException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;
import org.dcache.oncrpc4j.rdma.verbs.parts.LateRequests;
import org.dcache.oncrpc4j.rdma.verbs.parts.LedQueuePair;
import org.dcache.oncrpc4j.rdma.verbs.parts.LoopQueuePair;
import org.dcache.oncrpc4j.rdma.verbs.parts.Timer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A reliable connection of a device: ties its {@link NativeQueuePair}, send and receive queue, exposures, connection id and handler
 * together.
 *
 * <p>It ends as {@link LoopQueuePair} says; an orderly end waits until what was posted has completed. Then, in this order: nothing is
 * posted any more; disconnect, which puts the queue pair into the error state; the loop takes the completions of flushed work, for a
 * bounded time; windows, queue pair and completion queues are destroyed; what never completed fails, exposures end, {@code onDisconnected};
 * the id is destroyed. The device touches no memory after the queue pair is destroyed, and nobody's memory is given back before.
 */
final class RdmaCoreQueuePair extends LedQueuePair implements CmId.Holder, CompletionQueue.Taker, DeviceRemoval.OnDevice {

    /** How long flushing may take. */
    private static final long FLUSH_MILLIS = 1000;
    /** How long the connection manager may take to say why work was flushed. */
    private static final long REASON_MILLIS = 2000;

    private static final Logger LOG = LoggerFactory.getLogger(RdmaCoreQueuePair.class);

    private final RdmaCoreAdapter adapter;
    private final CmId id;
    private final Loop loop;
    private final Counters counters;
    private final Exposures exposures = new Exposures();
    private final LateRequests late = new LateRequests();
    private NativeQueuePair pair;
    private volatile ConnectionInfo info;
    /** Nothing is exposed any more: the queue pair is being destroyed. */
    private volatile boolean gone;

    // of the loop
    private final EarlyMessages early = new EarlyMessages();
    private boolean up;
    /** It takes completions: {@link #batchDone} comes after them. */
    private boolean taking;
    private boolean flushing;
    private boolean flushed;
    private Timer flushTimer;
    private Timer reasonTimer;

    RdmaCoreQueuePair(RdmaCoreAdapter adapter, CmId id, QueuePairHandler handler) {
        super(id.loop(), adapter.settings().waitInLoop(), handler, adapter.counters(), RdmaCoreCounter.HANDLER_FAILED,
                RdmaCoreCounter.CLOSE_TIMEOUT, RdmaCoreCounter.WAITS_IN_LOOP);
        this.adapter = adapter;
        this.id = id;
        this.loop = id.loop();
        this.counters = adapter.counters();
    }

    /** Control thread: its native half is made, with receives posted. */
    void open(NativeQueuePair made) {
        pair = made;
        adapter.opened(this, made.address());
    }

    /** Before it can be established. */
    void info(ConnectionInfo agreed) {
        info = agreed;
    }

    /** Loop: it is accepted, and the peer may send before the connection manager says that it is up. */
    void accepted() {
        if (pair.receives().shared() != 0) {
            takeCompletions();
        }
    }

    private void takeCompletions() {
        loop.add(pair.sendCompletions());
        loop.add(pair.receiveCompletions());
    }

    /** Loop: the connection is up. */
    void established() {
        id.holder(this);
        counters.increment(RdmaCoreCounter.ESTABLISHED);
        up = true;
        tellEstablished();
        early.drain(this::deliver);
        if (early.problem() != null) {
            problem(early.problem());
        }
        takeCompletions();
        if (pair.device().isRemoved()) {
            deviceRemoved(pair.device());
        }
    }

    /** Loop, after {@link #established}: to who asked for it. */
    void connected(ConnectListener listener) {
        tellConnected(listener);
    }

    /** Loop: the peer was gone before an accepted connection came up. The handler hears only that. */
    void endUnestablished(VerbsException cause) {
        id.holder(this);
        endNow(cause);
    }

    /** Whether it has a native half; before it has, nobody but its request knows it. */
    boolean isMade() {
        return pair != null;
    }

    Loop loop() {
        return loop;
    }

    Exposures exposures() {
        return exposures;
    }

    @Override
    public ConnectionInfo info() {
        return info;
    }

    @Override
    public void postReceives(int count) {
        pair.receives().post(count);
    }

    @Override
    public void postSend(WorkRequest chain) {
        pair.sends().post(chain, false);
    }

    /** What comes while the loop takes completions is posted together. */
    @Override
    public void postSendOfMany(WorkRequest chain) {
        pair.sends().post(chain, loop.inLoop() && taking);
    }

    @Override
    public boolean exposesAtOnce(int pieces) {
        return adapter.hasWindows(pair.device(), pieces);
    }

    @Override
    public Exposure expose(MemorySource memory, Access access) throws VerbsException {
        if (gone) {
            throw new ConnectionClosedException("the connection with " + info.remote() + " has ended");
        }
        exposures.requireRoom();
        RdmaCoreExposure exposure = adapter.expose(this, pair.device(), memory, access);
        exposures.add(exposure);
        if (gone) {
            exposure.ended();
            throw new ConnectionClosedException("the connection with " + info.remote() + " has ended");
        }
        return exposure;
    }

    @Override
    public boolean execute(Runnable task) {
        return !adapter.isClosed() && loop.execute(task);
    }

    @Override
    protected void finish() {
        if (pair.sends().isIdle()) {
            tearDown();
        } else {
            loop.look(pair.sendCompletions());
        }
    }

    // ---- what the connection manager and the device report, on the loop

    @Override
    public void onCmEvent(CmEvent event) {
        switch (event.type()) {
            case DISCONNECTED -> {
                takeAll();
                if (isOpen()) {
                    counters.increment(RdmaCoreCounter.PEER_CLOSED);
                }
                abort(new PeerClosedException("the peer " + info.remote() + " closed the connection"));
            }
            // Whoever began the removal may have looked for connections when this one was a handshake.
            case DEVICE_REMOVAL -> abort(adapter.deviceRemoved(pair.device().context()));
            case ADDR_CHANGE -> abort(new DeviceErrorException("the device's address of " + info.local() + " has changed"));
            default -> LOG.debug("{} for a connection that is up", event.type());
        }
    }

    @Override
    public void deviceRemoved(Device device) {
        if (pair.device() == device) {
            abort(new DeviceRemovedException(device.name()));
        }
    }

    /** Any thread: an asynchronous event of libibverbs about this queue pair or its completion queue. */
    void asyncError(int type) {
        counters.increment(RdmaCoreCounter.DEVICE_ERRORS);
        loop.execute(() -> {
            if (!up) {
                // Its handshake fails, or comes to its time limit, and destroys it.
                return;
            }
            takeAll();
            problem(new DeviceErrorException("the device ended the connection with " + info.remote()
                    + " for an error of the peer or its own (event "
                    + type + " of libibverbs)"));
        });
    }

    /** Any thread: a completion queue has overrun or broken. */
    void completionQueueError(long completionQueue, int type) {
        if (pair.sendCompletions().address() == completionQueue || pair.receiveCompletions().address() == completionQueue) {
            asyncError(type);
        }
    }

    /** Any thread, also before its native half is known here: receives cannot be posted. */
    void receivesFailed(VerbsException cause) {
        loop.execute(() -> failedAlsoEarly(cause));
    }

    /** Loop: the peer has sent a message that it had no credit for. */
    void oversent() {
        counters.increment(RdmaCoreCounter.OVERSENT);
        failedAlsoEarly(new ProtocolViolationException("the peer " + info.remote() + " sent more messages than it had credits for"));
    }

    /** Any thread: the device says that none of the shared receives completes for this connection any more. */
    void lastReceiveReached() {
        pair.receives().lastReached();
        loop.execute(() -> {
            if (flushing) {
                takeAll();
                finishIfFlushed();
            }
        });
    }

    /** The first message came before the connection manager heard that the connection is up. */
    void firstMessage() {
        id.control(() -> {
            if (id.address() != 0) {
                adapter.libraries().cm().notify(id.address(), VerbsLayout.AsyncEvent.COMM_EST);
            }
        });
    }

    Device device() {
        return pair.device();
    }

    private void failedAlsoEarly(VerbsException cause) {
        if (up) {
            problem(cause);
        } else if (early.problem(cause) && pair != null) {
            // The handshake goes on as it does, and the connection ends with it, or when it is up.
            id.control(pair::fail);
        }
    }

    /** Loop: something that ends it; also when it was about to end in good order. */
    private void problem(VerbsException cause) {
        if (decide(cause) || isDraining()) {
            tearDown();
        }
    }

    private void takeAll() {
        while (up && !flushed && (pair.sendCompletions().poll() | takesReceives())) {
            // until there is none
        }
    }

    private boolean takesReceives() {
        return !flushed && pair.receiveCompletions().poll();
    }

    /** What is left at the end is waited for. */
    @Override
    public boolean isPrompt() {
        return !isOpen() || pair.sends().isPrompt();
    }

    /** Any thread: whether the request was posted here, but the device may not have it yet. */
    boolean isOnItsWay(WorkRequest request) {
        return pair.sends().isOnItsWay(request);
    }

    /** Any thread, under the send queue's lock: the next completion of a Send is to wake the loop. */
    void armSends() {
        pair.sendCompletions().arm();
    }

    /** Any thread: the send queue fills, and the loop is to see what is done. */
    void lookAtSends() {
        loop.execute(() -> loop.look(pair.sendCompletions()));
    }

    /** Any thread: requests are left to the loop, or went to the device after those who posted them had gone on, and it drains. */
    void postedMore() {
        loop.execute(this::batchDone);
    }

    @Override
    public void completed(long wc) {
        taking = true;
        long wrId = Memory.getLong(wc + VerbsLayout.Wc.WR_ID);
        int status = Memory.getInt(wc + VerbsLayout.Wc.STATUS);
        if ((wrId & ReceiveQueue.RECEIVE) != 0) {
            loop.heard();
            received(wc, pair.receives().completed(wrId), status);
            return;
        }
        WorkRequest request = pair.sends().completed(wrId);
        boolean ok = status == VerbsLayout.Wc.SUCCESS;
        if (!ok) {
            error(status);
        }
        if (request != null) {
            if (request.opcode() == WorkRequest.Opcode.RDMA_READ) {
                loop.heard();
            }
            completed(request, ok);
        }
    }

    @Override
    public void takingFailed(Throwable problem) {
        if (up) {
            failed("at a completion", problem);
        } else {
            LOG.error("taking the first completions of the connection with {} failed", info.remote(), problem);
            failedAlsoEarly(new ConnectionClosedException("completions of the connection with " + info.remote() + " could not be taken: "
                    + problem, problem));
        }
    }

    private void received(long wc, PooledReceive buffer, int status) {
        if (status != VerbsLayout.Wc.SUCCESS || !isOpen() || early.problem() != null) {
            pair.receives().unused(buffer);
            if (status != VerbsLayout.Wc.SUCCESS) {
                error(status);
            }
            return;
        }
        boolean withInvalidate = (Memory.getInt(wc + VerbsLayout.Wc.FLAGS) & pair.device().withInvalidate()) != 0;
        int stag = withInvalidate ? Memory.getInt(wc + VerbsLayout.Wc.INVALIDATED_RKEY) : 0;
        if (withInvalidate) {
            exposures.invalidated(stag);
        }
        PooledReceive message = buffer.filled(Memory.getInt(wc + VerbsLayout.Wc.BYTE_LEN), withInvalidate, stag);
        if (up) {
            deliver(message);
        } else {
            early.add(message);
        }
    }

    private void deliver(PooledReceive message) {
        if (isOpen()) {
            tellReceived(message);
        } else {
            message.release();
        }
    }

    @Override
    public void batchDone() {
        taking = false;
        pair.sends().refill();
        if (flushing) {
            finishIfFlushed();
        } else if (isDraining() && pair.sends().isIdle()) {
            tearDown();
        }
    }

    private void error(int status) {
        if (isTornDown() || !isOpen() && !isDraining()) {
            return;
        }
        if (!up) {
            failedAlsoEarly(status == VerbsLayout.Wc.WR_FLUSH_ERR ? new PeerResetException("connection with " + info.remote() + " broke")
                    : WorkErrors.cause(status, info.remote(), counters));
            return;
        }
        if (isDraining()) {
            tearDown();
            return;
        }
        if (status == VerbsLayout.Wc.WR_FLUSH_ERR) {
            // Something else put the queue pair into the error state, and will say so.
            if (reasonTimer == null) {
                reasonTimer = loop.schedule(REASON_MILLIS, () -> {
                    counters.increment(RdmaCoreCounter.PEER_RESET);
                    problem(new PeerResetException("connection with " + info.remote() + " broke"));
                });
            }
            return;
        }
        problem(WorkErrors.cause(status, info.remote(), counters));
    }

    /** Loop: a request is done, or will never be. */
    void completed(WorkRequest request, boolean ok) {
        if (request.opcode() == WorkRequest.Opcode.BIND && ((WindowExposure) request.bound()).isInvalidation(request)) {
            guarded("at a fence", () -> ((WindowExposure) request.bound()).invalidationCompleted(ok));
        } else {
            tellCompleted(request, ok);
        }
    }

    /** Any thread: what was posted after the end fails in the thread that posted it, or in the one that is just doing the same. */
    void failLate(WorkRequest chain) {
        late.fail(chain, request -> completed(request, false));
    }

    // ---- the end, on the loop

    @Override
    protected void teardown() {
        cancel(reasonTimer);
        pair.sends().stop();
        pair.receives().stop();
        early.drain(PooledReceive::release);
        if (!up) {
            takeCompletions();
        }
        up = true;
        id.control(() -> {
            pair.disconnect();
            loop.execute(() -> {
                flushing = true;
                loop.look(pair.sendCompletions());
                flushTimer = loop.schedule(FLUSH_MILLIS, () -> {
                    counters.increment(RdmaCoreCounter.CLOSE_TIMEOUT);
                    destroy();
                });
                takeAll();
                finishIfFlushed();
            });
        });
    }

    private static void cancel(Timer timer) {
        if (timer != null) {
            timer.cancel();
        }
    }

    private void finishIfFlushed() {
        if (pair.sends().isDrained() && pair.receives().isDrained()) {
            destroy();
        }
    }

    private void destroy() {
        if (flushed) {
            return;
        }
        flushed = true;
        cancel(flushTimer);
        loop.remove(pair.sendCompletions());
        loop.remove(pair.receiveCompletions());
        pair.receives().takeBack(pair.receiveCompletions());
        id.control(() -> {
            gone = true;
            exposures.detach();
            adapter.destroyed(pair.address());
            pair.destroy();
            loop.execute(this::gone);
        });
    }

    private void gone() {
        guarded("while its receives ended", pair.receives()::drop);
        guarded("while its exposures ended", exposures::ended);
        guarded("while its requests ended", pair.sends()::fail);
        counters.increment(RdmaCoreCounter.CLOSED);
        tellEnd();
        id.destroy(() -> adapter.members().remove(this));
    }
}
