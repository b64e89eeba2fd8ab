// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.args;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.DirOpArgs3;
import org.dcache.oncrpc4j.rdma.nfs3.XdrValue;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/**
 * Arguments of RENAME (RFC 1813, section 3.3.14).
 */
public record Rename3Args(DirOpArgs3 from, DirOpArgs3 to) implements XdrValue {

    public static Rename3Args decode(XdrDecodingStream xdr) throws IOException {
        return new Rename3Args(DirOpArgs3.decode(xdr), DirOpArgs3.decode(xdr));
    }

    @Override
    public void xdrEncode(XdrEncodingStream xdr) throws IOException {
        from.xdrEncode(xdr);
        to.xdrEncode(xdr);
    }
}
