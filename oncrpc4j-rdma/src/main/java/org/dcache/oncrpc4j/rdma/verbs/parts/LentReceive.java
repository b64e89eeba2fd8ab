// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs.parts;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.dcache.oncrpc4j.rdma.verbs.ReceiveBuffer;

/**
 * A receive buffer that is used again and again: lent with a message in it, and given back by {@link #release} once for each time that it
 * was lent, on any thread.
 *
 * <p>Who lends it owns it until the handler has it, and sees to it that the handler's thread sees the rest; a second release throws and
 * gives nothing back, so that one memory never holds two messages.
 */
public abstract class LentReceive implements ReceiveBuffer {

    private static final AtomicIntegerFieldUpdater<LentReceive> LENT = AtomicIntegerFieldUpdater.newUpdater(LentReceive.class, "lent");

    private final ByteBuffer data;
    private volatile int lent;
    private boolean invalidated;
    private int invalidatedStag;

    /** @param data the memory, for as long as the buffer exists */
    protected LentReceive(ByteBuffer data) {
        this.data = data;
    }

    /** Lends it, empty, with all its memory between position and limit. */
    protected final void lend() {
        LENT.lazySet(this, 1);
        invalidated = false;
        invalidatedStag = 0;
        data.clear();
    }

    /** The message came with a valid Send with Invalidate of this STag. After it was lent, before the handler has it. */
    public final void invalidated(int stag) {
        invalidated = true;
        invalidatedStag = stag;
    }

    @Override
    public final ByteBuffer data() {
        return data;
    }

    @Override
    public final boolean invalidated() {
        return invalidated;
    }

    @Override
    public final int invalidatedStag() {
        return invalidatedStag;
    }

    @Override
    public final void release() {
        if (!LENT.compareAndSet(this, 1, 0)) {
            throw new IllegalStateException("receive buffer released twice");
        }
        giveBack();
    }

    /** It was released, and may be lent again. */
    protected abstract void giveBack();
}
