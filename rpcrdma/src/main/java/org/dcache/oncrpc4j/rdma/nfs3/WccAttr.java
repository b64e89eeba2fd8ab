// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3;

import java.io.IOException;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/** wcc_attr: the attributes by which a client sees whether a file changed (RFC 1813, section 2.6). */
public record WccAttr(long size, NfsTime3 mtime, NfsTime3 ctime) implements XdrValue {

    public static WccAttr decode(XdrDecodingStream xdr) throws IOException {
        return new WccAttr(xdr.xdrDecodeLong(), NfsTime3.decode(xdr), NfsTime3.decode(xdr));
    }

    @Override
    public void xdrEncode(XdrEncodingStream xdr) {
        xdr.xdrEncodeLong(size);
        mtime.xdrEncode(xdr);
        ctime.xdrEncode(xdr);
    }
}
