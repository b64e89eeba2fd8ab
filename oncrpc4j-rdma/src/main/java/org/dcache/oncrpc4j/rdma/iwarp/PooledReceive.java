// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.dcache.oncrpc4j.rdma.verbs.ReceiveBuffer;

/** A buffer of a {@link ReceivePool}: in the pool, or lent to the connection, which fills it, and then to the handler. */
final class PooledReceive implements ReceiveBuffer {

    private static final AtomicIntegerFieldUpdater<PooledReceive> LENT =
            AtomicIntegerFieldUpdater.newUpdater(PooledReceive.class, "lent");

    private final ReceivePool pool;
    private final ByteBuffer data;
    private volatile int lent;
    private boolean invalidated;
    private int invalidatedStag;

    /** Link in the pool's stack. */
    PooledReceive next;

    PooledReceive(ReceivePool pool, ByteBuffer data) {
        this.pool = pool;
        this.data = data;
    }

    void lend() {
        LENT.lazySet(this, 1);
        invalidated = false;
        invalidatedStag = 0;
        data.clear();
    }

    void invalidated(int stag) {
        invalidated = true;
        invalidatedStag = stag;
    }

    @Override
    public ByteBuffer data() {
        return data;
    }

    @Override
    public boolean invalidated() {
        return invalidated;
    }

    @Override
    public int invalidatedStag() {
        return invalidatedStag;
    }

    @Override
    public void release() {
        if (!LENT.compareAndSet(this, 1, 0)) {
            throw new IllegalStateException("receive buffer released twice");
        }
        pool.giveBack(this);
    }
}
