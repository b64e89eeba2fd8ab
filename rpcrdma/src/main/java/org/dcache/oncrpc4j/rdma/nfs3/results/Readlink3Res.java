// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.results;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.XdrValue;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/**
 * Results of READLINK (RFC 1813, section 3.3.5).
 *
 * @param status NFS3_OK, or why not
 * @param attributes null when not told
 * @param path what the link points to; null unless NFS3_OK
 */
public record Readlink3Res(NfsStat3 status, Fattr3 attributes, NfsText path) implements XdrValue {

    public static Readlink3Res ok(Fattr3 attributes, NfsText path) {
        return new Readlink3Res(NfsStat3.NFS3_OK, attributes, path);
    }

    /** @param status not NFS3_OK */
    public static Readlink3Res failed(NfsStat3 status, Fattr3 attributes) {
        return new Readlink3Res(status, attributes, null);
    }

    public static Readlink3Res decode(XdrDecodingStream xdr) throws IOException {
        NfsStat3 status = NfsStat3.decode(xdr);
        if (status != NfsStat3.NFS3_OK) {
            return failed(status, Fattr3.decodeOptional(xdr));
        }
        return ok(Fattr3.decodeOptional(xdr), NfsText.decodePath(xdr));
    }

    @Override
    public void xdrEncode(XdrEncodingStream xdr) throws IOException {
        status.xdrEncode(xdr);
        Fattr3.encodeOptional(xdr, attributes);
        if (status == NfsStat3.NFS3_OK) {
            path.xdrEncode(xdr);
        }
    }
}
