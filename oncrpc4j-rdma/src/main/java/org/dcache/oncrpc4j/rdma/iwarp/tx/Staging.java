// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.tx;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A piece of direct memory in which a {@link TxBatch} puts headers, small payloads and CRCs together.
 *
 * <p>Belongs to one batch at a time, lent by {@link StagingPool}. The views that name parts of it in a gathering write are made once
 * and used again.
 */
public final class Staging {

    public static final int SIZE = 64 << 10;

    private final ByteBuffer memory = ByteBuffer.allocateDirect(SIZE);
    private ByteBuffer[] views = {memory.duplicate(), memory.duplicate()};
    private int used;

    /** Link in the pool's stack. */
    Staging next;

    ByteBuffer memory() {
        return memory;
    }

    /** A view of these bytes, good until {@link #reset}. */
    ByteBuffer view(int from, int to) {
        if (used == views.length) {
            views = Arrays.copyOf(views, used * 2);
        }
        ByteBuffer view = views[used];
        if (view == null) {
            view = memory.duplicate();
            views[used] = view;
        }
        used++;
        return view.clear().limit(to).position(from);
    }

    void reset() {
        used = 0;
    }
}
