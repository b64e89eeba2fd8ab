// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.results;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.WccData;
import org.dcache.oncrpc4j.rdma.nfs3.XdrRecord;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;

/**
 * Results of WRITE (RFC 1813, section 3.3.7).
 *
 * @param status NFS3_OK, or why not
 * @param wcc of the file
 * @param count bytes written
 * @param committed UNSTABLE, DATA_SYNC or FILE_SYNC of {@code Nfs3}: how far they are safe
 * @param verf changes when the server may have lost uncommitted data
 */
public record Write3Res(NfsStat3 status, WccData wcc, @IfOk int count, @IfOk int committed, @IfOk long verf) implements XdrRecord {

    /** @param status not NFS3_OK */
    public static Write3Res failed(NfsStat3 status, WccData wcc) {
        return new Write3Res(status, wcc, 0, 0, 0);
    }

    public static Write3Res decode(XdrDecodingStream xdr) throws IOException {
        return XdrRecord.decode(xdr, Write3Res.class);
    }
}
