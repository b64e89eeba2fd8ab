// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.xdr.Xdr;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;
import org.glassfish.grizzly.Buffer;
import org.glassfish.grizzly.memory.ByteBufferWrapper;

/**
 * The data of a READ result or of WRITE arguments: a variable-length opaque that is too large to be copied without need.
 *
 * <p>Decoded, it is what the stream's {@code xdrDecodeByteBuffer} gives: memory of its own in general, which stays valid as long as it is
 * held. Over RDMA with {@code oncrpc.rdma.lend} it is the call's own memory, valid until the call has been answered: so whoever works on a
 * call's data is done with it by then. To be encoded it is given in one of three ways: {@link #copied}, after which the memory is the
 * caller's again; {@link #shared}, sent from where it is, so it must not change any more; and {@link #lent}, which says besides when the
 * memory is free again. There is none for oncrpc4j's FileChunk: over TCP its bytes are read after the count has been written, in a loop
 * that never ends when the file has become shorter, and they overtake replies that wait in the connection's queue.
 *
 * <p>Can be encoded once. Not thread-safe.
 */
public abstract class BulkData implements XdrValue {

    private BulkData() {}

    /** Bytes of the item, without the length word and pad. */
    public abstract int length();

    /** The bytes, from position 0 to the limit; position and limit are the caller's own. */
    public abstract ByteBuffer bytes();

    /** A copy of the bytes. */
    public byte[] toArray() {
        byte[] array = new byte[length()];
        bytes().get(array);
        return array;
    }

    /** The buffer's remaining bytes, copied while they are encoded. */
    public static BulkData copied(ByteBuffer data) {
        return new InMemory(data.slice()) {
            @Override
            public void xdrEncode(XdrEncodingStream xdr) {
                xdr.xdrEncodeByteBuffer(bytes());
            }
        };
    }

    /** The buffer's remaining bytes, sent from where they are; they must not change until the message has left. */
    public static BulkData shared(ByteBuffer data) {
        ByteBuffer own = data.slice();
        return new InMemory(own) {
            @Override
            public void xdrEncode(XdrEncodingStream xdr) {
                share(xdr, own, new ByteBufferWrapper(own.duplicate()));
            }
        };
    }

    /**
     * As {@link #shared}; and the buffer is disposed of when the message has left, or will never leave. It must allow that
     * ({@link Buffer#allowBufferDispose}), and not be composite.
     */
    public static BulkData lent(Buffer data) {
        ByteBuffer view = data.toByteBuffer().slice();
        return new InMemory(view) {
            @Override
            public void xdrEncode(XdrEncodingStream xdr) {
                share(xdr, view, data);
            }
        };
    }

    /**
     * Reads the item.
     *
     * @throws IOException if it is longer than {@link Nfs3#MAX_DATA} or than the message
     */
    public static BulkData decode(XdrDecodingStream xdr) throws IOException {
        ByteBuffer data;
        try {
            data = xdr.xdrDecodeByteBuffer();
        } catch (IllegalArgumentException e) {
            // The stock Xdr's own check overflows when length and pad do.
            throw new LimitExceededException("opaque data", Integer.MAX_VALUE, Nfs3.MAX_DATA);
        }
        if (data.remaining() > Nfs3.MAX_DATA) {
            throw new LimitExceededException("opaque data", data.remaining(), Nfs3.MAX_DATA);
        }
        return copied(data);
    }

    private static void share(XdrEncodingStream xdr, ByteBuffer data, Buffer buffer) {
        if (data.hasRemaining() && xdr instanceof Xdr stream) {
            stream.xdrEncodeShallowByteBuffer(buffer);
        } else {
            xdr.xdrEncodeByteBuffer(data.duplicate());
            buffer.tryDispose();
        }
    }

    @Override
    public String toString() {
        return length() + " bytes";
    }

    private abstract static class InMemory extends BulkData {

        private final ByteBuffer data;

        InMemory(ByteBuffer data) {
            this.data = data;
        }

        @Override
        public int length() {
            return data.remaining();
        }

        @Override
        public ByteBuffer bytes() {
            return data.duplicate();
        }
    }
}
