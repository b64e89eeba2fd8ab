// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.results;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.XdrRecord;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;

/**
 * Results of READLINK (RFC 1813, section 3.3.5).
 *
 * @param status NFS3_OK, or why not
 * @param attributes null when not told
 * @param path what the link points to; null unless NFS3_OK
 */
public record Readlink3Res(NfsStat3 status, @Optional Fattr3 attributes, @IfOk @Path NfsText path) implements XdrRecord {

    /** @param status not NFS3_OK */
    public static Readlink3Res failed(NfsStat3 status, Fattr3 attributes) {
        return new Readlink3Res(status, attributes, null);
    }

    public static Readlink3Res decode(XdrDecodingStream xdr) throws IOException {
        return XdrRecord.decode(xdr, Readlink3Res.class);
    }
}
