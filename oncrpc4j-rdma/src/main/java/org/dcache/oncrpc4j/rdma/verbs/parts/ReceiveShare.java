// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs.parts;

import java.util.concurrent.atomic.AtomicLong;
import org.dcache.oncrpc4j.rdma.config.Settings;
import org.dcache.oncrpc4j.rdma.verbs.MemoryBudget;
import org.dcache.oncrpc4j.rdma.verbs.error.ResourceLimitException;

/**
 * What the receives of one adapter may take of its {@link MemoryBudget}: half of it together, so that connections alone never leave the
 * calls without memory. Whoever reserves releases the same number of bytes, once. Any thread, without a lock.
 */
public final class ReceiveShare {

    private final MemoryBudget budget;
    private final long limit;
    private final AtomicLong used = new AtomicLong();

    public ReceiveShare(MemoryBudget budget) {
        this.budget = budget;
        this.limit = budget.limit() / 2;
    }

    /**
     * Takes so many bytes of both. May make others give up what they do not use: not on a thread that must not block.
     *
     * @throws ResourceLimitException there are not so many left; the message says which setting to raise
     */
    public void reserve(long bytes) throws ResourceLimitException {
        if (!tryReserve(bytes)) {
            throw new ResourceLimitException("no memory for receives of " + bytes + " bytes: receives have " + used.get() + " of the "
                    + limit + " bytes that they may have, all together " + budget.used() + " of the " + budget.limit() + " of "
                    + Settings.MEMORY.name() + "; raise it, or lower " + Settings.CREDITS.name());
        }
    }

    /** As {@link #reserve}, for who tries again later. */
    public boolean tryReserve(long bytes) {
        if (used.addAndGet(bytes) <= limit && budget.reserve(bytes)) {
            return true;
        }
        used.addAndGet(-bytes);
        return false;
    }

    /** Takes so many bytes also where none are left: for the little without which nothing could go on. */
    public void reserveAnyway(long bytes) {
        used.addAndGet(bytes);
        if (!budget.reserve(bytes)) {
            budget.reserveAnyway(bytes);
        }
    }

    public void release(long bytes) {
        used.addAndGet(-bytes);
        budget.release(bytes);
    }
}
