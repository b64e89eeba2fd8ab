// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.results;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.XdrValue;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/**
 * Results of ACCESS (RFC 1813, section 3.3.4).
 *
 * @param status NFS3_OK, or why not
 * @param attributes null when not told
 * @param access those of the bits asked for that are allowed
 */
public record Access3Res(NfsStat3 status, Fattr3 attributes, int access) implements XdrValue {

    public static Access3Res ok(Fattr3 attributes, int access) {
        return new Access3Res(NfsStat3.NFS3_OK, attributes, access);
    }

    /** @param status not NFS3_OK */
    public static Access3Res failed(NfsStat3 status, Fattr3 attributes) {
        return new Access3Res(status, attributes, 0);
    }

    public static Access3Res decode(XdrDecodingStream xdr) throws IOException {
        NfsStat3 status = NfsStat3.decode(xdr);
        if (status != NfsStat3.NFS3_OK) {
            return failed(status, Fattr3.decodeOptional(xdr));
        }
        return ok(Fattr3.decodeOptional(xdr), xdr.xdrDecodeInt());
    }

    @Override
    public void xdrEncode(XdrEncodingStream xdr) throws IOException {
        status.xdrEncode(xdr);
        Fattr3.encodeOptional(xdr, attributes);
        if (status == NfsStat3.NFS3_OK) {
            xdr.xdrEncodeInt(access);
        }
    }
}
