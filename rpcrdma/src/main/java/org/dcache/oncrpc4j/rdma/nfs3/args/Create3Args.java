// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.args;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.CreateMode3;
import org.dcache.oncrpc4j.rdma.nfs3.DirOpArgs3;
import org.dcache.oncrpc4j.rdma.nfs3.Sattr3;
import org.dcache.oncrpc4j.rdma.nfs3.XdrValue;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/**
 * Arguments of CREATE (RFC 1813, section 3.3.8).
 *
 * @param attributes of UNCHECKED and GUARDED; null with EXCLUSIVE
 * @param verf of EXCLUSIVE: tells a retransmission from another client
 */
public record Create3Args(DirOpArgs3 where, CreateMode3 mode, Sattr3 attributes, long verf) implements XdrValue {

    /** @param mode not EXCLUSIVE */
    public static Create3Args of(DirOpArgs3 where, CreateMode3 mode, Sattr3 attributes) {
        return new Create3Args(where, mode, attributes, 0);
    }

    public static Create3Args exclusive(DirOpArgs3 where, long verf) {
        return new Create3Args(where, CreateMode3.EXCLUSIVE, null, verf);
    }

    public static Create3Args decode(XdrDecodingStream xdr) throws IOException {
        DirOpArgs3 where = DirOpArgs3.decode(xdr);
        CreateMode3 mode = CreateMode3.decode(xdr);
        return mode == CreateMode3.EXCLUSIVE ? exclusive(where, xdr.xdrDecodeLong()) : of(where, mode, Sattr3.decode(xdr));
    }

    @Override
    public void xdrEncode(XdrEncodingStream xdr) throws IOException {
        where.xdrEncode(xdr);
        mode.xdrEncode(xdr);
        if (mode == CreateMode3.EXCLUSIVE) {
            xdr.xdrEncodeLong(verf);
        } else {
            attributes.xdrEncode(xdr);
        }
    }
}
