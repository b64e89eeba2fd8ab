// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.requester;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.dcache.oncrpc4j.rdma.xprt.link.Link;
import org.dcache.oncrpc4j.rdma.xprt.memory.RegbufPool;

/**
 * The calls of one connection that were given up and still offer their memory to the peer, until its answer comes.
 *
 * <p>A device ends the connection, and every other call on it, when the peer writes to, reads from or invalidates what is exposed no more.
 * A server that answers late does so and is not to blame. So what a given-up call offered stays as it is: the late answer is received,
 * fenced as any other, and dropped.
 *
 * <p>Only where the adapter needs registered memory. Everything that is exposed lies in regbufs then: results in a pool's buffer that
 * nobody has seen yet, arguments in one that the call was encoded into or copied to ({@link
 * org.dcache.oncrpc4j.rdma.xprt.send.OutMessage#ensureRegistered}); no application ever holds it. Where any memory can be exposed it may be
 * the application's, and is fenced before its caller goes on.
 *
 * <p>A peer that never answers must not make us hold much: {@value #MOST_KEPT} calls, and none while more than half of the adapter's memory
 * is in use; the next one is fenced. Who keeps a call drops it when the call leaves the books, be it by an answer or by the end of the
 * connection. On the loop only.
 */
final class KeptCalls {

    static final int MOST_KEPT = 64;

    private final Link connection;
    private final Set<PendingCall> kept = Collections.newSetFromMap(new IdentityHashMap<>());

    KeptCalls(Link connection) {
        this.connection = connection;
    }

    /** Keeps a call that is still on the books; false when it is to be fenced. */
    boolean keep(PendingCall call) {
        RegbufPool pool = connection.device().regbufs();
        return call.isExposed() && !pool.takesHeap() && kept.size() < MOST_KEPT && pool.inUse() <= pool.budget() / 2 && kept.add(call);
    }

    /** Keeps it no more; false when it was not kept. */
    boolean drop(PendingCall call) {
        return kept.remove(call);
    }
}
