// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.results;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.WccData;
import org.dcache.oncrpc4j.rdma.nfs3.XdrValue;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/**
 * Results of LINK (RFC 1813, section 3.3.15).
 *
 * @param status NFS3_OK, or why not
 * @param attributes of the file; null when not told
 * @param linkDirWcc also when it failed
 */
public record Link3Res(NfsStat3 status, Fattr3 attributes, WccData linkDirWcc) implements XdrValue {

    public static Link3Res ok(Fattr3 attributes, WccData linkDirWcc) {
        return new Link3Res(NfsStat3.NFS3_OK, attributes, linkDirWcc);
    }

    /** @param status not NFS3_OK */
    public static Link3Res failed(NfsStat3 status, Fattr3 attributes, WccData linkDirWcc) {
        return new Link3Res(status, attributes, linkDirWcc);
    }

    public static Link3Res decode(XdrDecodingStream xdr) throws IOException {
        NfsStat3 status = NfsStat3.decode(xdr);
        if (status != NfsStat3.NFS3_OK) {
            return failed(status, Fattr3.decodeOptional(xdr), WccData.decode(xdr));
        }
        return ok(Fattr3.decodeOptional(xdr), WccData.decode(xdr));
    }

    @Override
    public void xdrEncode(XdrEncodingStream xdr) throws IOException {
        status.xdrEncode(xdr);
        Fattr3.encodeOptional(xdr, attributes);
        linkDirWcc.xdrEncode(xdr);
    }
}
