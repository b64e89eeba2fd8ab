// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Read Requests of the peer whose Read Response has not been put together yet: at most {@link Agreement#readRequestBound}.
 *
 * <p>The loop adds, the holder of the send side removes. A request's exposure is pinned when it is added. The peer may send
 * the next request only after it has seen the response to an earlier one, so a full ring is the peer's fault (RFC 5040 section 5.2).
 */
final class ReadRequests {

    private final int bound;
    private int[] sinkStags;
    private long[] sinkOffsets;
    private int[] lengths;
    private IwarpExposure[] sources;
    private int[] sourceOffsets;
    private final AtomicInteger added = new AtomicInteger();
    private final AtomicInteger removed = new AtomicInteger();

    /** @param bound of {@link Agreement#readRequestBound} */
    ReadRequests(int bound) {
        this.bound = bound;
    }

    boolean isFull() {
        return added.get() - removed.get() >= bound;
    }

    boolean isEmpty() {
        return added.get() == removed.get();
    }

    /** Loop. @param source null for a zero-length Read */
    void add(int sinkStag, long sinkOffset, int length, IwarpExposure source, int sourceOffset) {
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
    int sinkStag() {
        return sinkStags[head()];
    }

    long sinkOffset() {
        return sinkOffsets[head()];
    }

    int length() {
        return lengths[head()];
    }

    IwarpExposure source() {
        return sources[head()];
    }

    int sourceOffset() {
        return sourceOffsets[head()];
    }

    void remove() {
        sources[head()] = null;
        removed.set(removed.get() + 1);
    }
}
