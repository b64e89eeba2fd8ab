// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.loop;

import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Memory;
import org.dcache.oncrpc4j.rdma.verbs.parts.LentReceive;

/** A buffer of a {@link ReceivePool}: in the pool, or posted and the device's, or with the handler until it releases it. */
public final class PooledReceive extends LentReceive {

    private final ReceivePool pool;
    private final long address;
    private final int localKey;

    /** Link in the pool's stack. */
    PooledReceive next;

    public PooledReceive(ReceivePool pool, ByteBuffer data, int localKey) {
        super(data);
        this.pool = pool;
        this.address = Memory.address(data);
        this.localKey = localKey;
    }

    public long address() {
        return address;
    }

    public int localKey() {
        return localKey;
    }

    /** A message came: it is the handler's now. */
    public PooledReceive filled(int length, boolean withInvalidate, int stag) {
        lend();
        data().limit(length);
        if (withInvalidate) {
            invalidated(stag);
        }
        return this;
    }

    @Override
    protected void giveBack() {
        pool.giveBack(this);
    }
}
