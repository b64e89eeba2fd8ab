// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.xdr;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicBoolean;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.send.OutMessage;
import org.glassfish.grizzly.Buffer;
import org.glassfish.grizzly.memory.ByteBufferArray;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Buffers of the program's in an outgoing message, by reference: from when they are encoded until {@link #dispose} they are the message's,
 * and the program must not touch them. One that does, and disposes of its buffer itself, is told so once. Any thread.
 */
public final class Pieces {

    private static final Logger LOG = LoggerFactory.getLogger(Pieces.class);
    private static final AtomicBoolean TOLD = new AtomicBoolean();

    private Pieces() {}

    /** Appends what lies between a Grizzly buffer's position and limit. */
    public static void add(OutMessage message, Buffer buffer) {
        if (!buffer.isComposite()) {
            message.add(buffer.toByteBuffer().slice().order(ByteOrder.BIG_ENDIAN), null);
            return;
        }
        ByteBufferArray array = buffer.toByteBufferArray();
        try {
            ByteBuffer[] parts = array.getArray();
            for (int i = 0; i < array.size(); i++) {
                message.add(parts[i].slice().order(ByteOrder.BIG_ENDIAN), null);
            }
        } finally {
            array.restore();
            array.recycle();
        }
    }

    /** Gives a buffer back, if it allows that. Whatever that throws is counted: it must not keep other memory from being freed. */
    public static void dispose(Buffer buffer, Counters counters) {
        try {
            buffer.tryDispose();
        } catch (RuntimeException | Error e) {
            counters.increment(XprtCounter.BUFFER_NOT_DISPOSED, e.toString());
            if (TOLD.compareAndSet(false, true)) {
                LOG.warn("a buffer that was sent by reference cannot be disposed of; the program must not dispose of what it has encoded"
                        + " (said once, then counted: xprt.buffer_not_disposed)", e);
            }
        }
    }
}
