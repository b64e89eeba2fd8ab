// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.xdr;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.dcache.oncrpc4j.rdma.xprt.send.OutMessage;
import org.glassfish.grizzly.Buffer;
import org.glassfish.grizzly.memory.ByteBufferArray;

/** Appends what lies between a Grizzly buffer's position and limit to an outgoing message, by reference. */
public final class Pieces {

    private Pieces() {}

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
}
