// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.memory;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Read Requests of the peer whose Read Response has not been put together yet: at most as many as the handshake agreed on.
 *
 * <p>The loop adds, the holder of the send side removes. A request's exposure is pinned when it is added. The peer may send
 * the next request only after it has seen the response to an earlier one, so a full ring is the peer's fault (RFC 5040 section 5.2).
 */
public final class ReadRequests {

    private final int bound;
    private int[] sinkStags;
    private long[] sinkOffsets;
    private int[] lengths;
    private IwarpExposure[] sources;
    private int[] sourceOffsets;
    private final AtomicInteger added = new AtomicInteger();
    private final AtomicInteger removed = new AtomicInteger();

    /** @param bound Read Requests that the peer may have outstanding */
    public ReadRequests(int bound) {
        this.bound = bound;
    }

    public boolean isFull() {
        return added.get() - removed.get() >= bound;
    }

    public boolean isEmpty() {
        return added.get() == removed.get();
    }

    /** Loop. @param source null for a zero-length Read */
    public void add(int sinkStag, long sinkOffset, int length, IwarpExposure source, int sourceOffset) {
        if (sinkStags == null) {
            int size = Integer.highestOneBit(bound * 2 - 1);
            sinkStags = new int[size];
            sinkOffsets = new long[size];
            lengths = new int[size];
            sources = new IwarpExposure[size];
            sourceOffsets = new int[size];
        }
        int at = added.get() & sinkStags.length - 1;
        sinkStags[at] = sinkStag;
        sinkOffsets[at] = sinkOffset;
        lengths[at] = length;
        sources[at] = source;
        sourceOffsets[at] = sourceOffset;
        added.set(added.get() + 1);
    }

    private int head() {
        return removed.get() & sinkStags.length - 1;
    }

    /** Send side, like those below: the oldest request's fields; only if not empty. */
    public int sinkStag() {
        return sinkStags[head()];
    }

    public long sinkOffset() {
        return sinkOffsets[head()];
    }

    public int length() {
        return lengths[head()];
    }

    public IwarpExposure source() {
        return sources[head()];
    }

    public int sourceOffset() {
        return sourceOffsets[head()];
    }

    public void remove() {
        sources[head()] = null;
        removed.set(removed.get() + 1);
    }
}
