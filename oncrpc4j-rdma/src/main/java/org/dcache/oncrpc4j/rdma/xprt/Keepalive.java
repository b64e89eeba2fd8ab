// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.verbs.QueuePair;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerSilentException;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;

/**
 * Finds out whether a peer that says nothing is still there. One for each connection.
 *
 * <p>The probe is an RDMA Read of nothing: the peer's RDMA layer answers it, whatever its programs do, and no memory is named (RFC 5040,
 * section 5.2: a Read of length zero is not checked against any STag). A peer that has not answered it after {@value #PATIENCE} times the
 * keepalive time, and has sent nothing else, is gone, and its connection is ended; TCP alone would go on repeating for a quarter of an
 * hour. Where the connection has no room for Reads of ours the probe is a Write of nothing, and it is the provider's to notice that nobody
 * acknowledges it.
 *
 * <p>Heard is what counts, not sent: calls that go out to a dead peer keep nothing alive. What counts as heard is told by the loop; the
 * look is the timer's. While a provider takes nothing for want of receive buffers nobody looks.
 */
final class Keepalive {

    /** So that an answer that waits behind many megabytes of replies still comes in time. What has begun may take as long. */
    static final int PATIENCE = 2;

    private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(0);

    private final RdmaConnection connection;
    private volatile long lastHeard = System.nanoTime();
    /** Timer only, but for {@link #probing}. */
    private long probedAt;
    private volatile boolean probing;

    Keepalive(RdmaConnection connection) {
        this.connection = connection;
    }

    /** The peer sent something at this time, or could not be heard until then. On the loop, or on the timer's thread. */
    void heard(long now) {
        lastHeard = now;
    }

    /** The probe is done. On the loop, or for the Write on whatever thread. */
    void answered() {
        heard(System.nanoTime());
        probing = false;
    }

    /** The periodic look. On the timer's thread; only posts and closes. */
    void patrol(QueuePair qp, long now) {
        long limit = connection.limits().keepalive() * 1_000_000;
        if (limit <= 0 || now - lastHeard <= limit) {
            return;
        }
        if (!probing) {
            probing = true;
            probedAt = now;
            connection.counters().increment(XprtCounter.KEEPALIVES);
            qp.postSend(probe(qp));
        } else if (now - probedAt > PATIENCE * limit && now - lastHeard > PATIENCE * limit) {
            connection.counters().increment(XprtCounter.PEER_SILENT);
            connection.abort(new PeerSilentException("the peer has not answered for " + (now - lastHeard) / 1_000_000_000
                    + " s (oncrpc.rdma.keepalive), the connection is ended"));
        }
    }

    private WorkRequest probe(QueuePair qp) {
        WorkRequest probe = new WorkRequest().context(this).signaled(true);
        return qp.info().outboundReads() > 0 ? probe.read(0, 0).add(NOTHING.duplicate()) : probe.write(0, 0);
    }
}
