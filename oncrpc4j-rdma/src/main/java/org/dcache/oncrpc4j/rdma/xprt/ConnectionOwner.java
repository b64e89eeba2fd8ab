// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.xprt.link.Link;
import org.dcache.oncrpc4j.rdma.xprt.responder.InboundCall;

/** Who a connection belongs to. All calls come on the connection's loop and must hand over anything that takes time. */
public interface ConnectionOwner {

    /** Where its connection counts. Any thread; also before it is established. */
    Counters counters();

    /** It is up; thresholds and addresses are known. */
    void established(RdmaConnection connection);

    /**
     * Whether calls must be handed over in the order in which they arrived, those with Read chunks included; asked once, before it is
     * established.
     */
    default boolean inOrder() {
        return false;
    }

    /** Whether threads that run calls of this owner's services serve the loop in between ({@link Link#serveNext}). On the loop. */
    default boolean workersLead() {
        return false;
    }

    /**
     * A call is complete in memory. The owner answers it with {@link InboundCall#reply} or drops it with {@link InboundCall#discard}.
     */
    void received(InboundCall call);

    /** It has ended; every pending call has been failed. Once. */
    void disconnected(RdmaConnection connection, IOException cause);
}
