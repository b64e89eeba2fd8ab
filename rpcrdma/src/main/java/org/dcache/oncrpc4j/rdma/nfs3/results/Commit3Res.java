// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.results;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.WccData;
import org.dcache.oncrpc4j.rdma.nfs3.XdrRecord;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;

/**
 * Results of COMMIT (RFC 1813, section 3.3.21).
 *
 * @param status NFS3_OK, or why not
 * @param wcc of the file
 * @param verf changes when the server may have lost uncommitted data
 */
public record Commit3Res(NfsStat3 status, WccData wcc, @IfOk long verf) implements XdrRecord {

    /** @param status not NFS3_OK */
    public static Commit3Res failed(NfsStat3 status, WccData wcc) {
        return new Commit3Res(status, wcc, 0);
    }

    public static Commit3Res decode(XdrDecodingStream xdr) throws IOException {
        return XdrRecord.decode(xdr, Commit3Res.class);
    }
}
