// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.results;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.WccData;
import org.dcache.oncrpc4j.rdma.nfs3.XdrValue;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/**
 * Results of SETATTR, of the object, and of REMOVE and RMDIR, of the directory (RFC 1813, sections 3.3.2, 3.3.12, 3.3.13).
 *
 * @param status NFS3_OK, or why not
 * @param wcc also when it failed
 */
public record Wcc3Res(NfsStat3 status, WccData wcc) implements XdrValue {

    public static Wcc3Res ok(WccData wcc) {
        return new Wcc3Res(NfsStat3.NFS3_OK, wcc);
    }

    /** @param status not NFS3_OK */
    public static Wcc3Res failed(NfsStat3 status, WccData wcc) {
        return new Wcc3Res(status, wcc);
    }

    public static Wcc3Res decode(XdrDecodingStream xdr) throws IOException {
        NfsStat3 status = NfsStat3.decode(xdr);
        if (status != NfsStat3.NFS3_OK) {
            return failed(status, WccData.decode(xdr));
        }
        return ok(WccData.decode(xdr));
    }

    @Override
    public void xdrEncode(XdrEncodingStream xdr) throws IOException {
        status.xdrEncode(xdr);
        wcc.xdrEncode(xdr);
    }
}
