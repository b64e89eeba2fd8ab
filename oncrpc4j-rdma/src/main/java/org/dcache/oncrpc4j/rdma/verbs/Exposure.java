// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs;

/**
 * Memory that the peer of one connection can address until it is revoked.
 *
 * <p>The fence of RFC 8166, 4.4.1: whoever gave the memory may touch, reuse or hand it on only when {@link #revoke} has
 * said so.
 */
public interface Exposure {

    /** Of {@link #written}: a device places, and nobody knows. */
    int UNKNOWN = -1;

    /** The handle (STag, rkey): never 0, and as hard to guess as the provider can make it. */
    int stag();

    /** The address the peer uses for the first byte; unpredictable or 0, and {@code offset() + length()} does not wrap. */
    long offset();

    int length();

    /** How many bytes from the start on the peer has written without a gap, or {@link #UNKNOWN}. On the loop, also when it has ended. */
    default int written() {
        return UNKNOWN;
    }

    /**
     * Work that must be chained before the first message that names the STag; null when the exposure is ready at once. The
     * provider owns the requests.
     */
    WorkRequest bindRequest();

    /**
     * To be called before {@link #revoke} where the peer has not answered what named the memory: it may still answer with a Send that
     * invalidates the STag, which it does not know to be revoked. On the loop.
     */
    default void unanswered() {}

    /**
     * Ends the peer's access, idempotently.
     *
     * @param fenced runs once on the loop when the peer can no longer reach the memory; not called if this returns true
     * @return true when the memory is free already: nobody can reach it, and nothing that was read from it waits to be sent. A software
     *     provider's answer on the loop, unless the peer's Read is just being served
     */
    boolean revoke(Runnable fenced);
}
