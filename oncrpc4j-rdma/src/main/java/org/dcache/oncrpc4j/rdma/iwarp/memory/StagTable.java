// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.memory;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.dcache.oncrpc4j.rdma.verbs.Access;
import org.dcache.oncrpc4j.rdma.verbs.MemorySource;
import org.dcache.oncrpc4j.rdma.verbs.error.ResourceLimitException;

/**
 * The STags that the peer of one connection may use: 16 bits of index, 16 bits of key, never 0. No other connection's STag is in
 * it, so that a stream reaches only memory of its own (RFC 5042 section 5.1).
 *
 * <p>Key and base offset are drawn anew at each exposure from a cryptographic source; a peer that guesses ends its own connection with the
 * first wrong guess, but for the Invalidate of an STag that was revoked before it had answered, which does nothing. Any thread adds; the
 * loop looks up and removes.
 */
public final class StagTable {

    /** Bound of exposures per connection. */
    static final int MAX = 1 << 16;

    private static final int FIRST_SIZE = 8;

    /** STags that are remembered when they were revoked before the peer had answered. */
    private static final int RETIRED = 1024;

    private final StagRandom random;
    private volatile AtomicReferenceArray<IwarpExposure> slots = new AtomicReferenceArray<>(0);
    private int[] free = new int[0];
    private int freeCount;
    private boolean closed;
    /** Null while there is none. */
    private int[] retired;
    private int retiredNext;

    public StagTable(StagRandom random) {
        this.random = random;
    }

    /** Adds an exposure; after {@link #close} it is made, but not valid. */
    public synchronized IwarpExposure add(IwarpExposure.Owner owner, MemorySource memory, Access access) throws ResourceLimitException {
        if (closed) {
            IwarpExposure dead = new IwarpExposure(owner, memory, access, 1, 0);
            dead.invalidate();
            return dead;
        }
        if (freeCount == 0) {
            grow();
        }
        int index = free[--freeCount];
        long entropy = random.next();
        int stag = index << 16 | (int) (entropy & 0xffff);
        if (stag == 0) {
            stag = 1;
        }
        // Page-aligned as real addresses are, far from any wrap.
        long offset = entropy >>> 18 << 12 & Long.MAX_VALUE >>> 2;
        IwarpExposure exposure = new IwarpExposure(owner, memory, access, stag, offset);
        slots.set(index, exposure);
        return exposure;
    }

    /** Loop: the exposure with this STag, null if there is none. */
    public IwarpExposure find(int stag) {
        AtomicReferenceArray<IwarpExposure> table = slots;
        int index = stag >>> 16;
        IwarpExposure exposure = index < table.length() ? table.get(index) : null;
        return exposure != null && exposure.stag() == stag ? exposure : null;
    }

    /** Loop: takes it out, once. */
    public synchronized void remove(IwarpExposure exposure) {
        exposure.invalidate();
        int index = exposure.stag() >>> 16;
        if (index < slots.length() && slots.get(index) == exposure) {
            slots.set(index, null);
            free[freeCount++] = index;
            if (exposure.isUnanswered()) {
                retire(exposure.stag());
            }
        }
    }

    private void retire(int stag) {
        if (retired == null) {
            retired = new int[RETIRED];
        }
        retired[retiredNext++ & RETIRED - 1] = stag;
    }

    /**
     * Loop: whether this STag was revoked lately before the peer had answered. A peer that answers a call which was given up meanwhile may
     * still invalidate what the call offered: that changes nothing and is no reason to end the connection. Placing data there is.
     */
    public synchronized boolean wasRetired(int stag) {
        return retired != null && stag != 0 && Arrays.stream(retired).anyMatch(old -> old == stag);
    }

    /** Loop: ends all exposures, and those still to be made. */
    public void close() {
        AtomicReferenceArray<IwarpExposure> table;
        synchronized (this) {
            closed = true;
            table = slots;
            slots = new AtomicReferenceArray<>(0);
            freeCount = 0;
        }
        for (int i = 0; i < table.length(); i++) {
            IwarpExposure exposure = table.get(i);
            if (exposure != null) {
                exposure.invalidate();
            }
        }
    }

    private void grow() throws ResourceLimitException {
        int size = slots.length();
        if (size == MAX) {
            throw new ResourceLimitException("cannot expose more memory: this connection has " + MAX
                    + " exposures already; revoke some first");
        }
        int larger = Math.max(FIRST_SIZE, size * 2);
        AtomicReferenceArray<IwarpExposure> table = new AtomicReferenceArray<>(larger);
        for (int i = 0; i < size; i++) {
            table.set(i, slots.get(i));
        }
        free = Arrays.copyOf(free, larger);
        for (int i = larger - 1; i >= size; i--) {
            free[freeCount++] = i;
        }
        slots = table;
    }
}
