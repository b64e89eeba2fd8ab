// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs;

/** What is awaited of something that a loop serves, as far as is known. Of several things the last one in this order counts. */
public enum Awaited {

    /** Nothing; what comes unasked can wait for a millisecond. */
    NOTHING,

    /** Calls of the peer, which threads of their service take while they serve the loop: somebody has to serve it all the time. */
    CALLS,

    /** Something else: the loop's own thread does not make way for any other; who leads may leave it to one that follows. */
    SOMETHING;

    public Awaited and(Awaited other) {
        return compareTo(other) < 0 ? other : this;
    }
}
