// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.receive;

import java.util.ArrayList;
import java.util.List;
import org.dcache.oncrpc4j.rdma.rdmacore.loop.PooledReceive;

/** Which buffers the device has: a receive's wr_id names its slot. For one thread at a time, or under its owner's lock. */
final class ReceiveSlots {

    private final PooledReceive[] posted;
    private final int[] free;
    private int freeCount;

    ReceiveSlots(int count) {
        posted = new PooledReceive[count];
        free = new int[count];
        for (int i = 0; i < count; i++) {
            free[freeCount++] = count - 1 - i;
        }
    }

    int free() {
        return freeCount;
    }

    int posted() {
        return posted.length - freeCount;
    }

    /** @return its slot */
    int put(PooledReceive buffer) {
        int slot = free[--freeCount];
        posted[slot] = buffer;
        return slot;
    }

    /** @param wrId as it was posted; what is above its lower 32 bits does not matter */
    PooledReceive take(long wrId) {
        int slot = (int) wrId;
        PooledReceive buffer = posted[slot];
        if (buffer == null) {
            throw new IllegalStateException("the device completed receive " + slot + ", which it did not have");
        }
        posted[slot] = null;
        free[freeCount++] = slot;
        return buffer;
    }

    /** All that are left; the slots are not used again. */
    List<PooledReceive> clear() {
        List<PooledReceive> left = new ArrayList<>();
        for (int i = 0; i < posted.length; i++) {
            if (posted[i] != null) {
                left.add(posted[i]);
                posted[i] = null;
            }
        }
        freeCount = 0;
        return left;
    }
}
