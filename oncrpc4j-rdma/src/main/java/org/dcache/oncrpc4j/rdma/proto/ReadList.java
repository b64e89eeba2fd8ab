// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.proto;

import java.util.Arrays;
import java.util.Objects;

/**
 * A header's Read list: a flat list of segments, each with the position of its chunk in the unreduced RPC message. Entries with the same
 * position are one chunk, in list order (RFC 8166, 3.4.5). Not for more than one thread at a time.
 */
final class ReadList {

    private final SegmentList segments = new SegmentList();
    private int[] positions = new int[4];
    private long[] keys = new long[0];

    void clear() {
        segments.clear();
    }

    int count() {
        return segments.count();
    }

    SegmentList segments() {
        return segments;
    }

    int position(int i) {
        return positions[Objects.checkIndex(i, segments.count())];
    }

    void add(int position, int handle, int length, long offset) {
        if (position < 0) {
            throw new IllegalArgumentException("Read chunk position " + position + ": expected 0 or more");
        }
        int i = segments.count();
        segments.add(handle, length, offset);
        if (i == positions.length) {
            positions = Arrays.copyOf(positions, i * 2);
        }
        positions[i] = position;
    }

    long totalAtZero() {
        long sum = 0;
        for (int i = 0; i < count(); i++) {
            if (positions[i] == 0) {
                sum += segments.length(i);
            }
        }
        return sum;
    }

    boolean hasZero() {
        for (int i = 0; i < count(); i++) {
            if (positions[i] == 0) {
                return true;
            }
        }
        return false;
    }

    private boolean isSorted() {
        for (int i = 1; i < count(); i++) {
            if (positions[i] < positions[i - 1]) {
                return false;
            }
        }
        return true;
    }

    /**
     * Stable by position. Peers in the field send sorted lists, so that the sort itself only serves odd ones: it is n log n on their worst.
     */
    void sort() {
        if (isSorted()) {
            return;
        }
        int n = count();
        if (keys.length < n) {
            keys = new long[positions.length];
        }
        for (int i = 0; i < n; i++) {
            keys[i] = (long) positions[i] << 32 | i;
        }
        Arrays.sort(keys, 0, n);
        for (int i = 0; i < n; i++) {
            positions[i] = (int) (keys[i] >>> 32);
        }
        permute(n);
    }

    /** Puts the segment that key i names at place i, cycle by cycle; a key whose place is right names itself afterwards. */
    private void permute(int n) {
        for (int start = 0; start < n; start++) {
            int place = start;
            int source = (int) keys[place];
            while (source != start) {
                segments.swap(place, source);
                keys[place] = place;
                place = source;
                source = (int) keys[place];
            }
            keys[place] = place;
        }
    }
}
