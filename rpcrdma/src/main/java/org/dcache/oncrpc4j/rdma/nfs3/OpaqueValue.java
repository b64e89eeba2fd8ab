// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3;

import java.util.Arrays;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/** A variable-length opaque or string of XDR. Two are equal if they are of one class and have the same bytes. Immutable. */
abstract class OpaqueValue implements XdrValue {

    private final byte[] bytes;

    OpaqueValue(byte[] bytes) {
        this.bytes = bytes.clone();
    }

    /** A copy. */
    public final byte[] bytes() {
        return bytes.clone();
    }

    /** Bytes, not characters. */
    public final int length() {
        return bytes.length;
    }

    @Override
    public final void xdrEncode(XdrEncodingStream xdr) {
        xdr.xdrEncodeDynamicOpaque(bytes);
    }

    @Override
    public final boolean equals(Object other) {
        return other != null && other.getClass() == getClass() && Arrays.equals(bytes, ((OpaqueValue) other).bytes);
    }

    @Override
    public final int hashCode() {
        return Arrays.hashCode(bytes);
    }
}
