// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.args;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.NfsTime3;
import org.dcache.oncrpc4j.rdma.nfs3.Sattr3;
import org.dcache.oncrpc4j.rdma.nfs3.XdrValue;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/**
 * Arguments of SETATTR (RFC 1813, section 3.3.2).
 *
 * @param guard the ctime that the object must have; null for no guard
 */
public record Setattr3Args(FileHandle object, Sattr3 attributes, NfsTime3 guard) implements XdrValue {

    public static Setattr3Args decode(XdrDecodingStream xdr) throws IOException {
        return new Setattr3Args(FileHandle.decode(xdr), Sattr3.decode(xdr), xdr.xdrDecodeBoolean() ? NfsTime3.decode(xdr) : null);
    }

    @Override
    public void xdrEncode(XdrEncodingStream xdr) {
        object.xdrEncode(xdr);
        attributes.xdrEncode(xdr);
        xdr.xdrEncodeBoolean(guard != null);
        if (guard != null) {
            guard.xdrEncode(xdr);
        }
    }
}
