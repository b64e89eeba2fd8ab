// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.rx;

import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.verbs.parts.LentReceive;

/** A buffer of a {@link ReceivePool}: in the pool, or lent to the connection, which fills it, and then to the handler. */
public final class PooledReceive extends LentReceive {

    private final ReceivePool pool;

    /** Link in the pool's stack. */
    PooledReceive next;
    /** Buffers in the stack from this one on. */
    int depth;

    PooledReceive(ReceivePool pool, ByteBuffer data) {
        super(data);
        this.pool = pool;
    }

    /** It leaves the pool. */
    PooledReceive taken() {
        next = null;
        lend();
        return this;
    }

    @Override
    protected void giveBack() {
        pool.giveBack(this);
    }
}
