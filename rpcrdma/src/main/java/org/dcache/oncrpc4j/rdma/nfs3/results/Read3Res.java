// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.results;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.BulkData;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.XdrRecord;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;

/**
 * Results of READ (RFC 1813, section 3.3.6).
 *
 * @param status NFS3_OK, or why not
 * @param attributes null when not told
 * @param count bytes read: the length of the data
 * @param eof whether the data reach the end of the file
 * @param data null unless NFS3_OK
 */
public record Read3Res(NfsStat3 status, @Optional Fattr3 attributes, @IfOk int count, @IfOk boolean eof,
        @IfOk BulkData data) implements XdrRecord {

    /** @param status not NFS3_OK */
    public static Read3Res failed(NfsStat3 status, Fattr3 attributes) {
        return new Read3Res(status, attributes, 0, false, null);
    }

    public static Read3Res decode(XdrDecodingStream xdr) throws IOException {
        return XdrRecord.decode(xdr, Read3Res.class);
    }
}
