// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.proto;

import java.util.Arrays;
import java.util.Objects;

/**
 * A header's Write list: chunks of segments, in order; a chunk without segments is legal (RFC 8166, 3.4.6). All segments are in one
 * {@link SegmentList}, a chunk is a range of it. Not for more than one thread at a time.
 */
final class WriteList {

    private final SegmentList segments = new SegmentList();
    private int[] starts = new int[4];
    private int chunks;

    void clear() {
        segments.clear();
        chunks = 0;
    }

    int chunks() {
        return chunks;
    }

    SegmentList segments() {
        return segments;
    }

    int begin() {
        if (chunks == starts.length) {
            starts = Arrays.copyOf(starts, chunks * 2);
        }
        starts[chunks] = segments.count();
        return chunks++;
    }

    void add(int handle, int length, long offset) {
        if (chunks == 0) {
            throw new IllegalStateException("a Write segment without a Write chunk: expected beginWrite() first");
        }
        segments.add(handle, length, offset);
    }

    /** Index of the chunk's first segment. */
    int start(int chunk) {
        return starts[Objects.checkIndex(chunk, chunks)];
    }

    /** Index behind the chunk's last segment. */
    int end(int chunk) {
        Objects.checkIndex(chunk, chunks);
        return chunk + 1 < chunks ? starts[chunk + 1] : segments.count();
    }

    /** Index of one segment of a chunk. */
    int index(int chunk, int segment) {
        int start = start(chunk);
        return start + Objects.checkIndex(segment, end(chunk) - start);
    }
}
