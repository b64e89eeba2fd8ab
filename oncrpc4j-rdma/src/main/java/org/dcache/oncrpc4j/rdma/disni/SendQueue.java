// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.disni;

import com.ibm.disni.util.MemoryUtils;
import com.ibm.disni.verbs.IbvQP;
import com.ibm.disni.verbs.IbvSendWR;
import com.ibm.disni.verbs.IbvSge;
import com.ibm.disni.verbs.SVCPostSend;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedList;
import java.util.List;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.dcache.oncrpc4j.rdma.verbs.error.ResourceLimitException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;

/**
 * The send queue of one queue pair: a ring of what the device has, and behind it a FIFO of what has no room yet.
 *
 * <p>Any thread posts; the lock covers building and the native call, so that order is kept, and calls nobody back. A chain goes to the
 * device in one native call. Completions come in order: that of a request frees all before it. Besides the poster's own signalled requests
 * each Read is signalled, because their number is bounded, and one request now and then so that a long chain cannot fill the ring for good.
 *
 * <p>What cannot be built or handed over leaves a gap, behind which nothing may be sent: a Send would say that a Write before it has been
 * done. So nothing reaches the device any more, and the connection ends.
 *
 * <p>Once {@link #stop} was called nothing reaches the device; what is posted then is kept until {@link #takeAll}, and refused afterwards.
 */
final class SendQueue {

    /** Elements of a work request: fixed in libdisni. */
    static final int MAX_SGE = 4;

    /** Work requests in one native call. */
    private static final int BATCH = 64;

    private static final int SEQUENCE = 0x7fff_ffff;

    private final IbvQP qp;
    private final Domain domain;
    private final long tag;
    private final int depth;
    private final int maxReads;

    // guarded by this
    private final WorkRequest[] ring;
    private final ArrayDeque<WorkRequest> waiting = new ArrayDeque<>();
    private final ArrayDeque<WorkRequest> late = new ArrayDeque<>();
    private int head;
    private int inRing;
    private int reads;
    private boolean closing;
    private boolean stopped;
    private boolean over;

    /**
     * @param tag upper half of the work requests' identifiers
     * @param depth requests that the device takes, a power of two
     * @param maxReads Reads that may be outstanding
     */
    SendQueue(IbvQP qp, Domain domain, int tag, int depth, int maxReads) {
        this.qp = qp;
        this.domain = domain;
        this.tag = (long) tag << 32;
        this.depth = depth;
        this.maxReads = maxReads;
        this.ring = new WorkRequest[depth];
    }

    /**
     * Takes a chain. False when the connection has ended: the chain is the caller's to fail.
     *
     * @throws VerbsException when the connection must be ended; what was posted will fail with the rest
     */
    boolean post(WorkRequest chain) throws VerbsException {
        synchronized (this) {
            if (over) {
                return false;
            }
            ArrayDeque<WorkRequest> queue = closing ? late : waiting;
            WorkRequest next;
            for (WorkRequest request = chain; request != null; request = next) {
                next = request.next();
                queue.add(request);
            }
            pump();
            return true;
        }
    }

    /** Hands to the device what it has room for. The lock is held. */
    private void pump() throws VerbsException {
        boolean done = false;
        try {
            handOver();
            done = true;
        } catch (RuntimeException | Error e) {
            throw new ResourceLimitException("a work request could not be handed to the device: " + e, e);
        } finally {
            stopped |= !done;
        }
    }

    private void handOver() throws VerbsException {
        while (!stopped && !waiting.isEmpty() && inRing < depth) {
            List<IbvSendWR> batch = new ArrayList<>();
            while (!waiting.isEmpty() && inRing < depth && batch.size() < BATCH) {
                WorkRequest request = waiting.peekFirst();
                boolean read = request.opcode() == WorkRequest.Opcode.RDMA_READ;
                if (read && reads == maxReads) {
                    break;
                }
                waiting.pollFirst();
                int sequence = head;
                ring[sequence & depth - 1] = request;
                head = head + 1 & SEQUENCE;
                inRing++;
                reads += read ? 1 : 0;
                batch.add(request(request, sequence, read || request.isSignaled() || (sequence & (depth >> 2) - 1) == 0));
            }
            if (batch.isEmpty()) {
                return;
            }
            try {
                SVCPostSend call = qp.postSend(batch, null);
                try {
                    call.execute();
                } finally {
                    call.free();
                }
            } catch (IOException e) {
                throw new ResourceLimitException("the device does not take work requests: " + e.getMessage().strip(), e);
            }
        }
    }

    private IbvSendWR request(WorkRequest request, int sequence, boolean signaled) throws VerbsException {
        IbvSendWR wr = new IbvSendWR();
        LinkedList<IbvSge> elements = new LinkedList<>();
        for (int i = 0; i < request.count(); i++) {
            ByteBuffer buffer = request.buffer(i);
            if (buffer.hasRemaining()) {
                if (!buffer.isDirect() || !(request.region(i) instanceof DisniRegion region)) {
                    throw new ResourceLimitException(
                            "memory that is not registered was to be sent: oncrpc.rdma.memory is used up, and the system"
                            + " registers no more (ulimit -l)");
                }
                IbvSge element = new IbvSge();
                element.setAddr(MemoryUtils.getAddress(buffer) + buffer.position());
                element.setLength(buffer.remaining());
                element.setLkey(domain.lkey(region));
                elements.add(element);
            }
        }
        if (elements.size() > MAX_SGE) {
            throw new ResourceLimitException(elements.size() + " elements in a work request, DiSNI takes " + MAX_SGE);
        }
        wr.setSg_list(elements);
        wr.setNum_sge(elements.size());
        wr.setWr_id(tag | sequence);
        wr.setSend_flags(signaled ? IbvSendWR.IBV_SEND_SIGNALED : 0);
        switch (request.opcode()) {
            case SEND -> wr.setOpcode(IbvSendWR.IBV_WR_SEND);
            case RDMA_WRITE -> wr.setOpcode(IbvSendWR.IBV_WR_RDMA_WRITE);
            case RDMA_READ -> wr.setOpcode(IbvSendWR.IBV_WR_RDMA_READ);
            default -> throw new ResourceLimitException(request.opcode() + " is not among what DiSNI can do");
        }
        if (request.opcode() != WorkRequest.Opcode.SEND) {
            wr.getRdma().setRemote_addr(request.remoteOffset());
            wr.getRdma().setRkey(request.remoteStag());
        }
        return wr;
    }

    /** What has completed in order up to a request, the signalled ones only; then posts on. */
    List<WorkRequest> completed(long identifier) throws VerbsException {
        List<WorkRequest> done = new ArrayList<>(4);
        synchronized (this) {
            int tail = head - inRing & SEQUENCE;
            int count = ((int) identifier - tail & SEQUENCE) + 1;
            if (count > inRing) {
                return done;
            }
            for (int i = 0; i < count; i++) {
                int slot = tail + i & depth - 1;
                WorkRequest request = ring[slot];
                ring[slot] = null;
                reads -= request.opcode() == WorkRequest.Opcode.RDMA_READ ? 1 : 0;
                if (request.isSignaled()) {
                    done.add(request);
                }
            }
            inRing -= count;
        }
        return done;
    }

    /** Goes on after completions; apart from them so that they are told in any case. */
    void resume() throws VerbsException {
        synchronized (this) {
            pump();
        }
    }

    /** What was posted will still be sent, what is posted from now on will not. */
    synchronized void closing() {
        closing = true;
    }

    /** Whether all that was posted in time is done. */
    synchronized boolean isIdle() {
        return inRing == 0 && waiting.isEmpty();
    }

    /** The device will see no further request: after this its queue pair may be destroyed. */
    synchronized void stop() {
        stopped = true;
        closing = true;
    }

    /** The signalled requests that did not complete, in order; from here on nothing is taken. */
    synchronized List<WorkRequest> takeAll() {
        over = true;
        List<WorkRequest> all = new ArrayList<>();
        for (int i = 0; i < inRing; i++) {
            all.add(ring[head - inRing + i & depth - 1]);
        }
        inRing = 0;
        all.addAll(waiting);
        all.addAll(late);
        waiting.clear();
        late.clear();
        all.removeIf(request -> !request.isSignaled());
        return all;
    }
}
