// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3;

import java.io.IOException;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/**
 * wcc_data: weak cache consistency data, what a file was just before the operation and just after it (RFC 1813, section 2.6).
 *
 * @param before null when not told
 * @param after null when not told
 */
public record WccData(WccAttr before, Fattr3 after) implements XdrValue {

    /** Tells nothing. */
    public static final WccData NONE = new WccData(null, null);

    public static WccData decode(XdrDecodingStream xdr) throws IOException {
        return new WccData(xdr.xdrDecodeBoolean() ? WccAttr.decode(xdr) : null, Fattr3.decodeOptional(xdr));
    }

    @Override
    public void xdrEncode(XdrEncodingStream xdr) {
        xdr.xdrEncodeBoolean(before != null);
        if (before != null) {
            before.xdrEncode(xdr);
        }
        Fattr3.encodeOptional(xdr, after);
    }
}
