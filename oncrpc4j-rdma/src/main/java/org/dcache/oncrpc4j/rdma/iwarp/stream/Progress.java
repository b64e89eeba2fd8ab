// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.stream;

/**
 * Whether the peer of one connection goes on with what it has begun, since that holds memory which all connections share: a receive buffer
 * for a message of which a part has come, staging for what its socket does not take. A peer that says something now and then is not silent,
 * so keepalive does not find it.
 *
 * <p>Any thread, one at a time: the periodic look. It says so; to end the connection is the caller's.
 */
final class Progress {

    /** What does not go on. */
    enum Stall {
        NONE,
        /** The rest of a message does not come. */
        INPUT,
        /** What we have to send is not taken. */
        OUTPUT
    }

    private int begun;
    private long begunSince;
    private boolean blocked;
    private long written;
    private long blockedSince;

    /**
     * @param now {@link System#nanoTime}
     * @param patience how long nothing may go on, nanoseconds
     */
    Stall look(long now, long patience, InboundMessages messages, SendSide sendSide) {
        int message = messages.begun();
        if (message == 0 || message != begun) {
            begun = message;
            begunSince = now;
        }
        boolean waits = sendSide.isBlocked();
        long taken = sendSide.written();
        if (!waits || !blocked || taken != written) {
            blocked = waits;
            written = taken;
            blockedSince = now;
        }
        return now - begunSince > patience ? Stall.INPUT : now - blockedSince > patience ? Stall.OUTPUT : Stall.NONE;
    }
}
