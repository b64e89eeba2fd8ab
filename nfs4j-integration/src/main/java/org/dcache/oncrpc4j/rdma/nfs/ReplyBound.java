// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs;

import org.dcache.oncrpc4j.rdma.spi.CallPlan;

/**
 * Adds up how large the reply to one call can get (RFC 8166, 4.3.3), and tells the call's plan. Belongs to one walk.
 *
 * <p>One eligible result is offered a Write chunk of its own; data of further ones counts as part of the rest, since a responder need not
 * take more than one Write chunk (RFC 8267, 5.4) [59] and returns what has no chunk with the rest [26].
 */
final class ReplyBound {

    /** xid, type, reply status; the largest verifier of RFC 5531, 8.2 [111]; accept status. */
    static final int REPLY_HEADER = 3 * 4 + 2 * 4 + 400 + 4;

    /** Lowest and highest version, in the reply to a version that the server does not have. */
    private static final int MISMATCH_INFO = 2 * 4;

    /** No server moves more at once; a larger count is a mistake, and memory is offered for this much only. */
    static final int LARGEST = 64 << 20;

    private final CallPlan plan;
    private long rest = REPLY_HEADER;
    private boolean known = true;
    private boolean offered;

    ReplyBound(CallPlan plan) {
        this.plan = plan;
    }

    /** The results have up to this many bytes more. */
    ReplyBound add(long bytes) {
        rest += bytes;
        return this;
    }

    /** The protocol sets no bound to this reply. */
    void unknown() {
        known = false;
    }

    /** An eligible result of up to {@code bytes}, besides its count word. */
    void result(long bytes) {
        if (offered) {
            add(bytes + 3);
        } else {
            offered = true;
            plan.expectResult((int) Math.min(bytes, LARGEST));
        }
    }

    /** Ends the walk: tells the plan, unless there is no bound. */
    void tell() {
        if (known && rest <= LARGEST) {
            plan.replyBound((int) Math.max(rest, REPLY_HEADER + MISMATCH_INFO));
        }
    }
}
