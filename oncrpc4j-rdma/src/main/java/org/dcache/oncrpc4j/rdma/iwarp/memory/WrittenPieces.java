// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.memory;

import java.util.Arrays;

/**
 * What a peer has written of an exposure beyond the first gap: pieces in ascending order that do not touch. Only peers that write out of
 * order need one. Loop thread only.
 *
 * <p>Beyond {@value #MAX} pieces a further one is not noted, so that its bytes count as not written: that bounds what a peer that writes
 * every other byte makes us hold.
 */
public final class WrittenPieces {

    public static final int MAX = 1024;

    private int[] from = new int[4];
    private int[] to = new int[4];
    private int count;

    public void add(int start, int end) {
        int first = count;
        while (first > 0 && to[first - 1] >= start) {
            first--;
        }
        int last = first;
        while (last < count && from[last] <= end) {
            last++;
        }
        if (first == last) {
            insert(first, start, end);
            return;
        }
        from[first] = Math.min(from[first], start);
        to[first] = Math.max(to[last - 1], end);
        drop(first + 1, last);
    }

    private void insert(int at, int start, int end) {
        if (count == MAX) {
            return;
        }
        if (count == from.length) {
            from = Arrays.copyOf(from, count * 2);
            to = Arrays.copyOf(to, count * 2);
        }
        System.arraycopy(from, at, from, at + 1, count - at);
        System.arraycopy(to, at, to, at + 1, count - at);
        from[at] = start;
        to[at] = end;
        count++;
    }

    private void drop(int first, int last) {
        System.arraycopy(from, last, from, first, count - last);
        System.arraycopy(to, last, to, first, count - last);
        count -= last - first;
    }

    /** All before {@code end} is written. @return how far that reaches with the pieces that follow, which are forgotten */
    public int join(int end) {
        int reach = end;
        int joined = 0;
        while (joined < count && from[joined] <= reach) {
            reach = Math.max(reach, to[joined++]);
        }
        drop(0, joined);
        return reach;
    }
}
