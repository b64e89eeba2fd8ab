// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.results;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.WccData;
import org.dcache.oncrpc4j.rdma.nfs3.XdrRecord;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;

/**
 * Results of LINK (RFC 1813, section 3.3.15).
 *
 * @param status NFS3_OK, or why not
 * @param attributes of the file; null when not told
 * @param linkDirWcc also when it failed
 */
public record Link3Res(NfsStat3 status, @Optional Fattr3 attributes, WccData linkDirWcc) implements XdrRecord {

    public static Link3Res decode(XdrDecodingStream xdr) throws IOException {
        return XdrRecord.decode(xdr, Link3Res.class);
    }
}
