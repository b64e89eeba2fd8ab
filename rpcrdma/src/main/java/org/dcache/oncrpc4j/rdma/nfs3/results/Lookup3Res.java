// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.results;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.XdrRecord;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;

/**
 * Results of LOOKUP (RFC 1813, section 3.3.3).
 *
 * @param status NFS3_OK, or why not
 * @param object null unless NFS3_OK
 * @param attributes of the object; null when not told
 * @param dirAttributes null when not told
 */
public record Lookup3Res(NfsStat3 status, @IfOk FileHandle object, @IfOk @Optional Fattr3 attributes,
        @Optional Fattr3 dirAttributes) implements XdrRecord {

    /** @param status not NFS3_OK */
    public static Lookup3Res failed(NfsStat3 status, Fattr3 dirAttributes) {
        return new Lookup3Res(status, null, null, dirAttributes);
    }

    public static Lookup3Res decode(XdrDecodingStream xdr) throws IOException {
        return XdrRecord.decode(xdr, Lookup3Res.class);
    }
}
