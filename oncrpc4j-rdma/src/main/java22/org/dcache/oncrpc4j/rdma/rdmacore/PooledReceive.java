// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.dcache.oncrpc4j.rdma.verbs.ReceiveBuffer;

/** A buffer of a {@link ReceivePool}: in the pool, or posted and the device's, or with the handler until it releases it. */
final class PooledReceive implements ReceiveBuffer {

    private static final AtomicIntegerFieldUpdater<PooledReceive> LENT = AtomicIntegerFieldUpdater.newUpdater(PooledReceive.class, "lent");

    private final ReceivePool pool;
    private final ByteBuffer data;
    private final long address;
    private final int localKey;
    private volatile int lent;
    private boolean invalidated;
    private int invalidatedStag;

    /** Link in the pool's stack. */
    PooledReceive next;

    PooledReceive(ReceivePool pool, ByteBuffer data, int localKey) {
        this.pool = pool;
        this.data = data;
        this.address = Memory.address(data);
        this.localKey = localKey;
    }

    long address() {
        return address;
    }

    int localKey() {
        return localKey;
    }

    /** A message came: it is the handler's now. */
    PooledReceive filled(int length, boolean withInvalidate, int stag) {
        data.clear().limit(length);
        invalidated = withInvalidate;
        invalidatedStag = stag;
        LENT.lazySet(this, 1);
        return this;
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
