// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.results;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.WccData;
import org.dcache.oncrpc4j.rdma.nfs3.XdrRecord;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;

/**
 * Results of SETATTR, of the object, and of REMOVE and RMDIR, of the directory (RFC 1813, sections 3.3.2, 3.3.12, 3.3.13).
 *
 * @param status NFS3_OK, or why not
 * @param wcc also when it failed
 */
public record Wcc3Res(NfsStat3 status, WccData wcc) implements XdrRecord {

    public static Wcc3Res decode(XdrDecodingStream xdr) throws IOException {
        return XdrRecord.decode(xdr, Wcc3Res.class);
    }
}
