// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.results;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.WccData;
import org.dcache.oncrpc4j.rdma.nfs3.XdrValue;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/**
 * Results of RENAME (RFC 1813, section 3.3.14).
 *
 * @param status NFS3_OK, or why not
 * @param fromDirWcc also when it failed
 * @param toDirWcc also when it failed
 */
public record Rename3Res(NfsStat3 status, WccData fromDirWcc, WccData toDirWcc) implements XdrValue {

    public static Rename3Res ok(WccData fromDirWcc, WccData toDirWcc) {
        return new Rename3Res(NfsStat3.NFS3_OK, fromDirWcc, toDirWcc);
    }

    /** @param status not NFS3_OK */
    public static Rename3Res failed(NfsStat3 status, WccData fromDirWcc, WccData toDirWcc) {
        return new Rename3Res(status, fromDirWcc, toDirWcc);
    }

    public static Rename3Res decode(XdrDecodingStream xdr) throws IOException {
        NfsStat3 status = NfsStat3.decode(xdr);
        if (status != NfsStat3.NFS3_OK) {
            return failed(status, WccData.decode(xdr), WccData.decode(xdr));
        }
        return ok(WccData.decode(xdr), WccData.decode(xdr));
    }

    @Override
    public void xdrEncode(XdrEncodingStream xdr) throws IOException {
        status.xdrEncode(xdr);
        fromDirWcc.xdrEncode(xdr);
        toDirWcc.xdrEncode(xdr);
    }
}
