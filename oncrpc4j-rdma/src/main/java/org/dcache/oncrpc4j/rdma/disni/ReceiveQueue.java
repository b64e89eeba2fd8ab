// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.disni;

import com.ibm.disni.util.MemoryUtils;
import com.ibm.disni.verbs.IbvMr;
import com.ibm.disni.verbs.IbvQP;
import com.ibm.disni.verbs.IbvRecvWR;
import com.ibm.disni.verbs.IbvSge;
import com.ibm.disni.verbs.SVCPostRecv;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedList;
import java.util.List;
import org.dcache.oncrpc4j.rdma.verbs.ReceiveBuffer;
import org.dcache.oncrpc4j.rdma.verbs.error.ResourceLimitException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;
import org.dcache.oncrpc4j.rdma.verbs.parts.ReceiveShare;

/**
 * The receive queue of one queue pair: registered memory for as many receives as were asked for when it was made, within bounds, each with
 * its prepared call. The memory counts in the adapter's budget and goes with the connection.
 *
 * <p>A message is copied out as soon as it is there, so that its receive can be posted again however long the message is held. Messages are
 * at most an inline threshold long, bulk data never comes this way. Receives that are posted beyond the memory wait until one is free.
 *
 * <p>Any thread posts; {@link #received} is the loop's. {@link #stop} before the queue pair is destroyed, {@link #close} after it.
 */
final class ReceiveQueue {

    /** Work request identifiers of receives have this bit, those of sends do not. */
    static final long MARK = 1L << 31;

    private static final int MOST_RECEIVES = 4096;
    private static final int MOST_BYTES = 64 << 20;

    private final IbvQP qp;
    private final Domain domain;
    private final ReceiveShare share;
    private final long tag;
    private final int size;
    private final ByteBuffer memory;
    private final IbvMr mr;
    private final SVCPostRecv[] posts;

    // guarded by this
    private final int[] free;
    private int freeCount;
    private int wanted;
    private boolean stopped;

    /**
     * @param share of which the memory is taken
     * @param receives what {@link #depth} gave
     */
    ReceiveQueue(IbvQP qp, Domain domain, ReceiveShare share, ByteBuffer memory, IbvMr mr, int tag, int size, int receives) {
        this.qp = qp;
        this.domain = domain;
        this.share = share;
        this.memory = memory;
        this.mr = mr;
        this.tag = (long) tag << 32 | MARK;
        this.size = size;
        this.posts = new SVCPostRecv[receives];
        this.free = new int[receives];
        for (int i = 0; i < receives; i++) {
            free[i] = receives - 1 - i;
        }
        this.freeCount = receives;
    }

    /** Receives that are really posted for so many that are wished for. */
    static int depth(int receives, int size) {
        return Math.max(1, Math.min(receives, Math.min(MOST_RECEIVES, MOST_BYTES / Math.max(1, size))));
    }

    /** The peer may send so many more messages. */
    synchronized void post(int count) throws VerbsException {
        wanted += count;
        pump();
    }

    private void pump() throws VerbsException {
        try {
            while (!stopped && wanted > 0 && freeCount > 0) {
                int slot = free[freeCount - 1];
                if (posts[slot] == null) {
                    posts[slot] = prepare(slot);
                }
                posts[slot].execute();
                freeCount--;
                wanted--;
            }
        } catch (IOException e) {
            stopped = true;
            throw new ResourceLimitException("the device does not take receives: " + e.getMessage().strip(), e);
        }
    }

    private SVCPostRecv prepare(int slot) throws IOException {
        IbvSge element = new IbvSge();
        element.setAddr(MemoryUtils.getAddress(memory) + (long) slot * size);
        element.setLength(size);
        element.setLkey(mr.getLkey());
        LinkedList<IbvSge> elements = new LinkedList<>();
        elements.add(element);
        IbvRecvWR wr = new IbvRecvWR();
        wr.setWr_id(tag | slot);
        wr.setSg_list(elements);
        wr.setNum_sge(1);
        List<IbvRecvWR> one = new ArrayList<>(1);
        one.add(wr);
        return qp.postRecv(one, null);
    }

    /** A copy of the message that came; its receive is free again. */
    ReceiveBuffer received(long identifier, int length) throws VerbsException {
        int slot = (int) (identifier & MARK - 1);
        ByteBuffer copy = ByteBuffer.allocate(length).put(0, memory, slot * size, length);
        synchronized (this) {
            free[freeCount++] = slot;
            pump();
        }
        return new Received(copy);
    }

    /** Nothing is posted after this. */
    synchronized void stop() {
        stopped = true;
    }

    /** After the queue pair. */
    synchronized void close() {
        for (SVCPostRecv post : posts) {
            if (post != null) {
                post.free();
            }
        }
        domain.deregister(mr);
        share.release(memory.capacity());
    }

    /** Memory of its own, the garbage collector's afterwards. */
    private record Received(ByteBuffer data) implements ReceiveBuffer {

        @Override
        public boolean invalidated() {
            return false;
        }

        @Override
        public int invalidatedStag() {
            return 0;
        }

        @Override
        public void release() {
            // Nothing is shared.
        }
    }
}
