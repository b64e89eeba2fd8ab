// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.stream;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.dcache.oncrpc4j.rdma.iwarp.memory.IwarpExposure;
import org.dcache.oncrpc4j.rdma.iwarp.memory.ReadRequests;
import org.dcache.oncrpc4j.rdma.iwarp.memory.StagRandom;
import org.dcache.oncrpc4j.rdma.iwarp.rx.ReadSinks;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpCounter;
import org.dcache.oncrpc4j.rdma.iwarp.tx.CompletionRing;
import org.dcache.oncrpc4j.rdma.iwarp.tx.PostedQueue;
import org.dcache.oncrpc4j.rdma.iwarp.tx.RequestFifo;
import org.dcache.oncrpc4j.rdma.iwarp.tx.StagingPool;
import org.dcache.oncrpc4j.rdma.iwarp.tx.TxBatch;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.verbs.HelperThread;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;

/**
 * The sending half of a connection: decides which message goes next, lets it be cut into FPDUs, writes, completes.
 *
 * <p>Any thread may ask for work ({@link #post}, {@link #kick}); a combining lock lets exactly one of them do it for all, the others go on
 * at once. What is one of many ({@link #postOfMany}) is left to the loop, which comes round soon and finds more of them: on loopback a
 * write costs more than all else that is done for a small reply. The fields without volatile belong to that one. What the socket did not
 * take waits; the loop is asked for write interest, and only when it reports it ({@link #writable}) writing goes on. The loop itself writes
 * for so long only ({@link #TURN}) while the socket takes all, since those who post would keep it at it and away from other connections; it
 * goes on when they have had their turns.
 *
 * <p>Order: Sends and Writes leave in posting order. A Read Request leaves at its place in that order unless ORD Reads are
 * outstanding; then it waits in its own queue, and what was posted behind it goes on. Read Responses take turns with posted work, message
 * by message. Completions come in order, when the socket took the bytes. After {@link #kill} everything left fails, once; what is posted
 * even later fails in the poster's own thread. The socket is non-blocking, so an interrupt of a poster's thread does it no harm.
 */
final class SendSide {

    /** So much costs less to copy, to check and to hand to the kernel than a system call: a page of data with its message. */
    private static final int SMALL = 8 << 10;

    /** Bytes that the loop writes before it looks at its other connections. */
    private static final long TURN = 1 << 20;

    /** The sink of a Read without an element. */
    private static final ByteBuffer NOWHERE = ByteBuffer.allocate(0);

    private final IwarpQueuePair queuePair;
    private final SocketChannel channel;
    private final Counters counters;
    private final StagRandom random;
    private final boolean checkFirst;
    private final PostedQueue posted = new PostedQueue();
    private final AtomicInteger turns = new AtomicInteger();
    private final AtomicBoolean asked = new AtomicBoolean();
    private final Runnable kickOnLoop = this::kickOnLoop;
    private final RequestFifo queue = new RequestFifo();
    private final RequestFifo waitingReads = new RequestFifo();
    private final ReadSinks sinks;
    private final ReadRequests readRequests;
    private final TxBatch batch;
    private final CompletionRing completions = new CompletionRing();
    private final MessageCursor current;

    private volatile boolean gate;
    private volatile boolean writable;
    private volatile boolean finishing;
    private volatile boolean killed;
    private volatile boolean unreported;
    private volatile boolean nudge;
    private volatile boolean readsWaiting;
    private volatile ByteBuffer terminate;
    private volatile long written;
    /** The socket did not take all. */
    private volatile boolean blocked;

    /** Loop only: received bytes are being gone through, and what that gives rise to leaves together behind it. */
    private boolean held;
    private boolean heldBack;

    private boolean terminateStarted;
    private boolean yielded;
    private boolean broken;
    private boolean flushed;
    private boolean outputDone;
    private boolean firstSent;
    private boolean responseTurn;
    /** In no queue any more, and not yet the current message or a Read that is out. */
    private WorkRequest starting;
    private WorkRequest cutOff;
    private IwarpExposure cutOffExposure;
    private int sendSequence;
    private int readSequence;

    /**
     * @param open whether FPDUs may leave at once (initiator); a responder waits for the initiator's first
     */
    SendSide(IwarpQueuePair queuePair, SocketChannel channel, StagingPool pool, Counters counters, StagRandom random,
            ReadSinks sinks, ReadRequests readRequests, int mulpdu, boolean crc, boolean open) {
        this.queuePair = queuePair;
        this.channel = channel;
        this.counters = counters;
        this.random = random;
        this.sinks = sinks;
        this.readRequests = readRequests;
        this.batch = new TxBatch(pool);
        this.current = new MessageCursor(mulpdu, crc);
        this.gate = open;
        this.checkFirst = open;
    }

    /** Any thread. */
    void post(WorkRequest chain) {
        posted.post(chain);
        kick();
    }

    /**
     * Any thread. Small requests that are posted so between two turns of the loop leave in one write, unless somebody writes before. What
     * has bulk data in it is the poster's own work: the loop has other connections to serve.
     */
    void postOfMany(WorkRequest chain) {
        boolean small = isSmall(chain);
        posted.post(chain);
        if (!small || turns.get() != 0) {
            kick();
        } else if (!asked.getAndSet(true) && !queuePair.loop().execute(kickOnLoop)) {
            kickOnLoop();
        }
    }

    private static boolean isSmall(WorkRequest chain) {
        long bytes = 0;
        for (WorkRequest request = chain; request != null; request = request.next()) {
            bytes += request.remaining();
        }
        return bytes <= SMALL;
    }

    private void kickOnLoop() {
        asked.set(false);
        kick();
    }

    /** Loop: until {@link #letGo}, what the loop itself asks for waits. Others are not held up. */
    void hold() {
        held = true;
    }

    /** Loop: sends what {@link #hold} held back. */
    void letGo() {
        held = false;
        if (heldBack) {
            heldBack = false;
            kick();
        }
    }

    /** Bytes that the socket has taken so far. Any thread. */
    long written() {
        return written;
    }

    /** Whether the peer takes less than there is to send. Any thread. */
    boolean isBlocked() {
        return blocked;
    }

    /** Any thread: there may be something to do. */
    void kick() {
        // Another thread may see an old value of the first; the second is then false.
        if (held && queuePair.loop().inLoop()) {
            heldBack = true;
            return;
        }
        if (turns.getAndIncrement() == 0) {
            int done = 1;
            do {
                try {
                    work();
                } catch (RuntimeException | Error e) {
                    // A request that cannot be sent, such as one without a buffer. It must not hold up the lock, nor anybody else's thread.
                    broken = true;
                    failed(e);
                }
                if (yielded) {
                    // Whoever came meanwhile is served when the loop comes round: it has been asked to.
                    yielded = false;
                    turns.set(0);
                    return;
                }
                done = turns.addAndGet(-done);
            } while (done != 0);
        }
    }

    private void failed(Throwable e) {
        try {
            queuePair.sendSideFailed(e);
        } catch (RuntimeException | Error again) {
            // No memory, or no stack, to end the connection now: the periodic look does. The send side is given back in any case.
            unreported = true;
        }
    }

    /** Whether nothing is sent any more, and the connection could not be ended for it. Any thread. */
    boolean isUnreported() {
        return unreported;
    }

    /** Loop: the initiator's first FPDU came, ours may leave. */
    void openGate() {
        gate = true;
        kick();
    }

    /** Loop: the socket can take more. */
    void writable() {
        writable = true;
        kick();
    }

    /** Loop: a Read Response is complete; a waiting Read may start. */
    void readDone() {
        if (readsWaiting) {
            kick();
        }
    }

    /** Loop: sends an empty Write. */
    void nudge() {
        nudge = true;
        kick();
    }

    /** Sends what was posted, then reports {@link IwarpQueuePair#outputDone}. */
    void finish() {
        finishing = true;
        kick();
    }

    /** Loop: sends this Terminate at the next FPDU boundary, and nothing after it; then as {@link #finish}. */
    void terminate(ByteBuffer payload) {
        terminate = payload;
        finish();
    }

    /** Loop: nothing more is sent; all that was posted fails; then {@link IwarpQueuePair#sendSideFlushed} runs on the loop. */
    void kill() {
        killed = true;
        kick();
    }

    /** Loop, after the flush: a Read that never started, or null. */
    WorkRequest pollWaitingRead() {
        return waitingReads.poll();
    }

    private void work() {
        if (flushed) {
            failPosted();
            return;
        }
        long turnEnd = queuePair.loop().inLoop() ? batch.taken() + TURN : Long.MAX_VALUE;
        while (!killed) {
            if (!batch.isEmpty() && !write()) {
                return;
            }
            if (broken) {
                return;
            }
            if (batch.taken() >= turnEnd) {
                yielded = true;
                counters.increment(IwarpCounter.WRITE_TURNS);
                queuePair.armWrite();
                return;
            }
            queue.addAll(posted.takeAll());
            if (!fill()) {
                if (batch.takeStarved()) {
                    queuePair.awaitStaging(this::kick);
                    return;
                }
                batch.release();
                if (finishing && !outputDone) {
                    outputDone = true;
                    queuePair.outputDone();
                }
                return;
            }
        }
        flush();
    }

    /** Writes once. @return whether the batch is empty now */
    private boolean write() {
        if (broken || blocked && !writable) {
            return false;
        }
        writable = false;
        if (blocked) {
            blocked = false;
        }
        int fpdus = batch.fpdus();
        try {
            counters.add(IwarpCounter.BYTES_SENT, batch.write(channel));
            written = batch.taken();
        } catch (IOException e) {
            broken = true;
            queuePair.outputBroken(e);
            return false;
        }
        counters.increment(IwarpCounter.SOCKET_WRITES);
        counters.add(IwarpCounter.BYTES_COPIED_OUT, batch.takeCopied());
        boolean all = batch.isEmpty();
        if (all) {
            counters.add(IwarpCounter.FPDUS_SENT, fpdus);
        } else {
            blocked = true;
            counters.increment(IwarpCounter.WRITE_STALLS);
            queuePair.armWrite();
        }
        if (!firstSent) {
            firstSent = true;
            if (checkFirst) {
                queuePair.firstFpduSent();
            }
        }
        completeAll(batch.taken(), true);
        return all;
    }

    /**
     * Up to this offset of the stream. Nobody else writes before it is through, so that a thread of a program is a loop meanwhile, for who
     * would have it run user code or wait.
     */
    private void completeAll(long upTo, boolean ok) {
        Object item = completions.poll(upTo);
        if (item == null) {
            return;
        }
        boolean own = HelperThread.isLoop();
        if (!own) {
            HelperThread.serves(true);
        }
        try {
            for (; item != null; item = completions.poll(upTo)) {
                complete(item, ok);
            }
        } finally {
            if (!own) {
                HelperThread.serves(false);
            }
        }
    }

    private void complete(Object item, boolean ok) {
        if (item instanceof IwarpExposure exposure) {
            exposure.unpin();
        } else {
            queuePair.sendCompleted((WorkRequest) item, ok);
        }
    }

    /** Puts FPDUs into the batch. @return whether there is something to write */
    private boolean fill() {
        while (true) {
            if (terminate != null && !terminateStarted) {
                startTerminate();
            } else if (!current.isActive() && !startNext()) {
                break;
            }
            if (!current.encode(batch)) {
                break;
            }
            if (!current.isActive()) {
                messageDone();
            }
        }
        return !batch.isEmpty();
    }

    private void startTerminate() {
        terminateStarted = true;
        if (current.isActive()) {
            cutOff = current.request();
            cutOffExposure = current.exposure();
        }
        current.startTerminate(terminate);
    }

    private void messageDone() {
        WorkRequest request = current.request();
        if (request != null && request.isSignaled()) {
            completions.add(request, batch.queued());
        } else if (current.exposure() != null) {
            completions.add(current.exposure(), batch.queued());
        }
        current.drop();
    }

    /** Chooses the next message. @return false when there is nothing to send, or nothing may be sent */
    private boolean startNext() {
        if (terminateStarted || !gate) {
            return false;
        }
        if (nudge) {
            nudge = false;
            current.startEmptyWrite();
            return true;
        }
        if (!waitingReads.isEmpty() && !sinks.isFull()) {
            starting = waitingReads.poll();
            readsWaiting = !waitingReads.isEmpty();
            startRead(starting);
            starting = null;
            return true;
        }
        if (!readRequests.isEmpty() && (responseTurn || queue.isEmpty())) {
            responseTurn = false;
            current.startReadResponse(readRequests);
            readRequests.remove();
            return true;
        }
        responseTurn = true;
        for (WorkRequest request = queue.poll(); request != null; request = queue.poll()) {
            starting = request;
            boolean started = start(request);
            starting = null;
            if (started) {
                return true;
            }
        }
        return !readRequests.isEmpty() && startNext();
    }

    /** @return false when it was a Read that has to wait */
    private boolean start(WorkRequest request) {
        switch (request.opcode()) {
            case SEND, SEND_WITH_INVALIDATE -> current.startSend(request, ++sendSequence);
            case RDMA_WRITE -> current.startWrite(request);
            case RDMA_READ -> {
                return startOrQueueRead(request);
            }
            case BIND -> throw new IllegalArgumentException("exposures of this provider are ready at once, there is nothing to bind");
        }
        return true;
    }

    private boolean startOrQueueRead(WorkRequest request) {
        if (sinks.bound() == 0) {
            queuePair.failReadLater(request);
            return false;
        }
        if (!waitingReads.isEmpty() || sinks.isFull()) {
            waitingReads.addAll(request);
            starting = null;
            readsWaiting = true;
            // The loop may have completed one between the question and the flag.
            if (sinks.isFull()) {
                return false;
            }
            starting = waitingReads.poll();
            readsWaiting = !waitingReads.isEmpty();
        }
        startRead(starting);
        return true;
    }

    private void startRead(WorkRequest request) {
        ByteBuffer view = NOWHERE;
        if (request.count() > 0) {
            ByteBuffer buffer = request.buffer(0);
            view = buffer.slice(buffer.position(), buffer.remaining());
        }
        int sink = (int) random.next();
        sinks.add(request, sink, view);
        current.startReadRequest(request, ++readSequence, sink, view.capacity());
    }

    private void flush() {
        flushed = true;
        batch.release();
        completeAll(Long.MAX_VALUE, false);
        fail(cutOff);
        unpin(cutOffExposure);
        if (current.isActive()) {
            fail(current.request());
            unpin(current.exposure());
            current.drop();
        }
        for (; !readRequests.isEmpty(); readRequests.remove()) {
            unpin(readRequests.source());
        }
        failOrWait(starting);
        queue.addAll(posted.takeAll());
        for (WorkRequest request = queue.poll(); request != null; request = queue.poll()) {
            failOrWait(request);
        }
        queuePair.loop().execute(queuePair::sendSideFlushed);
    }

    /** Reads fail on the loop, after those that have started. */
    private void failOrWait(WorkRequest request) {
        if (request != null && request.opcode() == WorkRequest.Opcode.RDMA_READ) {
            waitingReads.addAll(request);
        } else {
            fail(request);
        }
    }

    private void failPosted() {
        queue.addAll(posted.takeAll());
        for (WorkRequest request = queue.poll(); request != null; request = queue.poll()) {
            if (request.opcode() == WorkRequest.Opcode.RDMA_READ) {
                queuePair.failReadLater(request);
            } else {
                fail(request);
            }
        }
    }

    private void fail(WorkRequest request) {
        if (request != null && request.isSignaled()) {
            queuePair.sendCompleted(request, false);
        }
    }

    private static void unpin(IwarpExposure exposure) {
        if (exposure != null) {
            exposure.unpin();
        }
    }
}
