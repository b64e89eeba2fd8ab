// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.send;

import java.util.Arrays;

/**
 * What a requester knows about a reply before it comes: how large the eligible results may be and a bound for the rest. Filled by the
 * binding, used once.
 */
public final class Expected {

    /** The rest of the reply has no known bound: offer {@code oncrpc.rdma.max-reply}. */
    public static final int UNKNOWN = -1;

    private int[] results = new int[1];
    private int count;
    private int bound = UNKNOWN;

    public Expected reset() {
        count = 0;
        bound = UNKNOWN;
        return this;
    }

    /** The next eligible result is at most this long, bytes. */
    public void result(int maxLength) {
        if (count == results.length) {
            results = Arrays.copyOf(results, count * 2);
        }
        results[count++] = maxLength;
    }

    /** The reply without eligible results is at most this long, from the xid on, bytes. */
    public void bound(int bytes) {
        bound = bytes;
    }

    public int results() {
        return count;
    }

    public int maximum(int index) {
        return results[index];
    }

    public int bound() {
        return bound;
    }
}
