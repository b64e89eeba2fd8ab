// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp;

/**
 * Lends {@link Staging} areas to connections that are just sending; an idle connection holds none. Any thread.
 *
 * <p>The first area of a batch is always granted, so that every connection can make progress; further ones only while less than the
 * bound is lent out: peers that do not read must not pile up memory.
 */
final class StagingPool {

    private static final int KEEP = 32;

    private final int bound;
    private Staging free;
    private int kept;
    private int lent;

    /** @param bytes that may be lent out before batches are kept small */
    StagingPool(long bytes) {
        bound = (int) Math.max(4, Math.min(Integer.MAX_VALUE, bytes / Staging.SIZE));
    }

    /** @return null when {@code first} is false and the bound is reached */
    Staging borrow(boolean first) {
        synchronized (this) {
            if (!first && lent >= bound) {
                return null;
            }
            lent++;
            if (free != null) {
                Staging staging = free;
                free = staging.next;
                staging.next = null;
                kept--;
                return staging;
            }
        }
        return new Staging();
    }

    synchronized void giveBack(Staging staging) {
        lent--;
        staging.reset();
        if (kept < KEEP) {
            staging.next = free;
            free = staging;
            kept++;
        }
    }

    /** Areas lent out now. */
    synchronized int lent() {
        return lent;
    }
}
