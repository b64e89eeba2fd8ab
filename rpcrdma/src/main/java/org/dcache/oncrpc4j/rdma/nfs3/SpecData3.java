// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3;

import java.io.IOException;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/** specdata3: major and minor number of a device (RFC 1813, section 2.6). */
public record SpecData3(int major, int minor) implements XdrValue {

    public static final SpecData3 NONE = new SpecData3(0, 0);

    public static SpecData3 decode(XdrDecodingStream xdr) throws IOException {
        return new SpecData3(xdr.xdrDecodeInt(), xdr.xdrDecodeInt());
    }

    @Override
    public void xdrEncode(XdrEncodingStream xdr) {
        xdr.xdrEncodeInt(major);
        xdr.xdrEncodeInt(minor);
    }
}
