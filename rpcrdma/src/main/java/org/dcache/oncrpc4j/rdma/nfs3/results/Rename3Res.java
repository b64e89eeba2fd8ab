// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.results;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.WccData;
import org.dcache.oncrpc4j.rdma.nfs3.XdrRecord;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;

/**
 * Results of RENAME (RFC 1813, section 3.3.14).
 *
 * @param status NFS3_OK, or why not
 * @param fromDirWcc also when it failed
 * @param toDirWcc also when it failed
 */
public record Rename3Res(NfsStat3 status, WccData fromDirWcc, WccData toDirWcc) implements XdrRecord {

    public static Rename3Res decode(XdrDecodingStream xdr) throws IOException {
        return XdrRecord.decode(xdr, Rename3Res.class);
    }
}
