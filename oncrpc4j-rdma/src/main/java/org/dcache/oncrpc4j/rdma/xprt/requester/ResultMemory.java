// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.requester;

import org.dcache.oncrpc4j.rdma.verbs.MemoryBudget;
import org.dcache.oncrpc4j.rdma.verbs.error.ResourceLimitException;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.link.Link;
import org.dcache.oncrpc4j.rdma.xprt.memory.Regbuf;
import org.dcache.oncrpc4j.rdma.xprt.memory.RegbufPool;

/**
 * What the results of one connection's calls take while they arrive: from the first byte that the peer writes to the reply that announces
 * it. Only with providers that expose lazily; on the loop.
 *
 * <p>A peer can write one byte to every result that it was offered, so memory follows what has arrived. An honest peer writes one result,
 * then sends its reply, so while little is held the whole of what is expected is taken at once and nothing is copied later: for a Write
 * chunk its length, for a Reply chunk what the long replies before took. Memory is pooled, or on the heap against an account of its own,
 * which all connections of the device share; one connection may hold half of it. Beyond that the connection ends: where the bytes in the
 * stream should go cannot wait. So does an OutOfMemoryError.
 */
final class ResultMemory {

    /** So many times what is expected next may be held when the whole of it is taken at once. */
    private static final int AHEAD = 4;

    private final Link connection;
    private long held;
    private int lastLongReply = 1;

    ResultMemory(Link connection) {
        this.connection = connection;
    }

    /** How much to take for the first write, which needs {@code upTo} bytes. */
    int first(int upTo, int expected) {
        return held + expected <= (long) AHEAD * expected ? Math.max(upTo, expected) : upTo;
    }

    /** What a Reply chunk is expected to be used for. */
    int longReply() {
        return lastLongReply;
    }

    void longReplyWas(int bytes) {
        lastLongReply = Math.max(bytes, lastLongReply - lastLongReply / 8);
    }

    /**
     * Memory of at least this size.
     *
     * @param forApplication whether it had better be on the heap, where the application can have it as it is
     */
    Regbuf take(int bytes, boolean forApplication) throws ResourceLimitException {
        RegbufPool pool = connection.device().regbufs();
        MemoryBudget heap = connection.device().resultHeap();
        if (held + bytes > Math.max(heap.limit() / 2, AHEAD * (long) connection.limits().maxReply())) {
            throw refused("the peer writes to more results at once than half of oncrpc.rdma.memory holds, " + held + " bytes", null);
        }
        Regbuf regbuf = forApplication ? null : pool.tryAcquire(bytes);
        if (regbuf == null) {
            if (!heap.tryReserve(bytes)) {
                throw refused("there is no memory left for results, " + heap.used() + " bytes are in use; see oncrpc.rdma.memory", null);
            }
            try {
                regbuf = pool.heap(bytes);
            } catch (OutOfMemoryError e) {
                heap.release(bytes);
                throw refused("the heap has no room for a result of " + bytes + " bytes", e);
            }
        }
        held += regbuf.capacity();
        return regbuf;
    }

    private ResourceLimitException refused(String why, Throwable cause) {
        connection.counters().increment(XprtCounter.RESULT_MEMORY_REFUSED);
        return new ResourceLimitException(why, cause);
    }

    /** What was taken is somebody else's now, or about to be released. */
    void left(Regbuf regbuf) {
        held -= regbuf.capacity();
        if (!regbuf.isPooled()) {
            connection.device().resultHeap().release(regbuf.capacity());
        }
    }
}
