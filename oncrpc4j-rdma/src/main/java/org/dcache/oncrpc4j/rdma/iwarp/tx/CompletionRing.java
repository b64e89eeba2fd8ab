// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.tx;

/**
 * What waits for bytes to be taken by the socket, in stream order: signalled work requests, and exposures whose Read Response is under way.
 *
 * <p>Used only by the thread that holds the send side. Grows to the largest use and stays.
 */
public final class CompletionRing {

    private Object[] items = new Object[8];
    private long[] ends = new long[8];
    private int head;
    private int size;

    /** @param end stream offset behind the last byte of the item */
    public void add(Object item, long end) {
        if (size == items.length) {
            grow();
        }
        int at = head + size++ & items.length - 1;
        items[at] = item;
        ends[at] = end;
    }

    /** The first item all of whose bytes lie before {@code taken}, removed; null if there is none. */
    public Object poll(long taken) {
        if (size == 0 || ends[head] > taken) {
            return null;
        }
        Object item = items[head];
        items[head] = null;
        head = head + 1 & items.length - 1;
        size--;
        return item;
    }

    private void grow() {
        Object[] moreItems = new Object[items.length * 2];
        long[] moreEnds = new long[items.length * 2];
        for (int i = 0; i < size; i++) {
            moreItems[i] = items[head + i & items.length - 1];
            moreEnds[i] = ends[head + i & items.length - 1];
        }
        items = moreItems;
        ends = moreEnds;
        head = 0;
    }
}
