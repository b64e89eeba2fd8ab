// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3;

import java.io.IOException;
import org.dcache.oncrpc4j.xdr.XdrAble;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/** An immutable value that can be given to oncrpc4j to encode. Its class has a static {@code decode}; see {@link Decoded}. */
public interface XdrValue extends XdrAble {

    @Override
    void xdrEncode(XdrEncodingStream xdr) throws IOException;

    /** Not supported: values are immutable. */
    @Override
    default void xdrDecode(XdrDecodingStream xdr) {
        throw new UnsupportedOperationException("decode with new Decoded<>(" + getClass().getSimpleName() + "::decode)");
    }
}
