// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.proto;

import java.util.Arrays;
import java.util.Objects;

/**
 * Segments (handle, length, offset) in parallel arrays, so that a message's lists cost no objects. It grows to the largest use and
 * keeps that; what bounds it is the segment limit given to the decoder. Not for more than one thread at a time.
 */
final class SegmentList {

    private static final int INITIAL = 4;

    private int[] handles = new int[INITIAL];
    private int[] lengths = new int[INITIAL];
    private long[] offsets = new long[INITIAL];
    private int count;

    void clear() {
        count = 0;
    }

    int count() {
        return count;
    }

    void add(int handle, int length, long offset) {
        checkLength(length);
        if (count == handles.length) {
            int size = count * 2;
            handles = Arrays.copyOf(handles, size);
            lengths = Arrays.copyOf(lengths, size);
            offsets = Arrays.copyOf(offsets, size);
        }
        handles[count] = handle;
        lengths[count] = length;
        offsets[count] = offset;
        count++;
    }

    int handle(int i) {
        return handles[Objects.checkIndex(i, count)];
    }

    int length(int i) {
        return lengths[Objects.checkIndex(i, count)];
    }

    void length(int i, int length) {
        checkLength(length);
        lengths[Objects.checkIndex(i, count)] = length;
    }

    long offset(int i) {
        return offsets[Objects.checkIndex(i, count)];
    }

    /** Sum of the lengths from segment {@code from} to before {@code to}. */
    long total(int from, int to) {
        long sum = 0;
        for (int i = from; i < to; i++) {
            sum += lengths[i];
        }
        return sum;
    }

    void swap(int i, int j) {
        int handle = handles[i];
        handles[i] = handles[j];
        handles[j] = handle;
        int length = lengths[i];
        lengths[i] = lengths[j];
        lengths[j] = length;
        long offset = offsets[i];
        offsets[i] = offsets[j];
        offsets[j] = offset;
    }

    private static void checkLength(int length) {
        if (length < 0) {
            throw new IllegalArgumentException("segment length " + length + ": expected 0 or more");
        }
    }
}
