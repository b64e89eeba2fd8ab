// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.args;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.DirOpArgs3;
import org.dcache.oncrpc4j.rdma.nfs3.Sattr3;
import org.dcache.oncrpc4j.rdma.nfs3.XdrValue;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/**
 * Arguments of MKDIR (RFC 1813, section 3.3.9).
 */
public record Mkdir3Args(DirOpArgs3 where, Sattr3 attributes) implements XdrValue {

    public static Mkdir3Args decode(XdrDecodingStream xdr) throws IOException {
        return new Mkdir3Args(DirOpArgs3.decode(xdr), Sattr3.decode(xdr));
    }

    @Override
    public void xdrEncode(XdrEncodingStream xdr) throws IOException {
        where.xdrEncode(xdr);
        attributes.xdrEncode(xdr);
    }
}
