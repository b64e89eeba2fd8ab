// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.xdr.Xdr;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;
import org.glassfish.grizzly.memory.ByteBufferWrapper;

/**
 * The data of a READ result or of WRITE arguments: a variable-length opaque that is too large to be copied without need.
 *
 * <p>Decoded, it is what the stream's {@code xdrDecodeByteBuffer} gives: usually memory of its own, valid as long as it is held. With
 * {@code oncrpc.rdma.lend} it is memory of the call, valid until the call has been answered; with {@code oncrpc.rdma.lend-replies} it is
 * memory of the reply, valid until its completion handler returns. To be encoded it is given in one of two ways: {@link #copied}, after
 * which the memory is the caller's again, or {@link #shared}, which sends it from where it is. There is none for oncrpc4j's FileChunk: over
 * TCP its bytes are read after the count has been written, in a loop that never ends when the file has become shorter, and they overtake
 * replies that wait in the connection's queue.
 *
 * <p>Immutable as long as the memory does not change; any thread.
 */
public final class BulkData implements XdrValue {

    private final ByteBuffer data;
    private final boolean shared;

    private BulkData(ByteBuffer data, boolean shared) {
        this.data = data.slice();
        this.shared = shared;
    }

    /** The buffer's remaining bytes, copied when they are encoded. */
    public static BulkData copied(ByteBuffer data) {
        return new BulkData(data, false);
    }

    /** The buffer's remaining bytes, sent from where they are; they must not change until the message has left. */
    public static BulkData shared(ByteBuffer data) {
        return new BulkData(data, true);
    }

    /** Bytes of the item, without the length word and pad. */
    public int length() {
        return data.remaining();
    }

    /** The bytes, from position 0 to the limit; position and limit are the caller's own. */
    public ByteBuffer bytes() {
        return data.duplicate();
    }

    /** A copy of the bytes. */
    public byte[] toArray() {
        byte[] array = new byte[length()];
        bytes().get(array);
        return array;
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
            // The stock Xdr's own check overflows for the largest lengths.
            throw new LimitExceededException("opaque data", Integer.MAX_VALUE, Nfs3.MAX_DATA);
        }
        if (data.remaining() > Nfs3.MAX_DATA) {
            throw new LimitExceededException("opaque data", data.remaining(), Nfs3.MAX_DATA);
        }
        return copied(data);
    }

    @Override
    public void xdrEncode(XdrEncodingStream xdr) {
        if (shared && data.hasRemaining() && xdr instanceof Xdr stream) {
            stream.xdrEncodeShallowByteBuffer(new ByteBufferWrapper(bytes()));
        } else {
            xdr.xdrEncodeByteBuffer(bytes());
        }
    }

    @Override
    public String toString() {
        return length() + " bytes";
    }
}
