// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.proto;

/** What tests ask of a header's lists as a whole. */
public final class HeaderLists {

    private HeaderLists() {}

    /** Whether all three lists are empty, as in any message without chunks and in every backward message (RFC 8167). */
    public static boolean isChunkless(RdmaHeader h) {
        return h.readCount() == 0 && h.writeCount() == 0 && !h.hasReply();
    }

    /** Bytes in the whole Read list. */
    public static long readTotal(RdmaHeader h) {
        long sum = 0;
        for (int i = 0; i < h.readCount(); i++) {
            sum += h.readLength(i);
        }
        return sum;
    }
}
