// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3;

import java.io.IOException;
import org.dcache.oncrpc4j.xdr.XdrAble;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/**
 * A slot that oncrpc4j decodes arguments or results into: {@code new Decoded<>(Lookup3Res::decode)}. Belongs to one call; not thread-safe.
 *
 * @param <T> what is decoded
 */
public final class Decoded<T> implements XdrAble {

    /** A static {@code decode} of this package. */
    @FunctionalInterface
    public interface Reader<T> {

        /** @throws IOException if the stream is too short, a length over its limit or a value unknown */
        T decode(XdrDecodingStream xdr) throws IOException;
    }

    private final Reader<? extends T> reader;
    private T value;

    public Decoded(Reader<? extends T> reader) {
        this.reader = reader;
    }

    /** What was decoded; null before. */
    public T value() {
        return value;
    }

    @Override
    public void xdrDecode(XdrDecodingStream xdr) throws IOException {
        value = reader.decode(xdr);
    }

    /** Not supported: a slot is for decoding only. */
    @Override
    public void xdrEncode(XdrEncodingStream xdr) {
        throw new UnsupportedOperationException("encode the value, not its slot");
    }
}
