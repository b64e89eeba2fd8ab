// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.results;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.XdrRecord;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;

/**
 * Results of GETATTR (RFC 1813, section 3.3.1).
 *
 * @param status NFS3_OK, or why not
 * @param attributes null unless NFS3_OK
 */
public record Getattr3Res(NfsStat3 status, @IfOk Fattr3 attributes) implements XdrRecord {

    /** @param status not NFS3_OK */
    public static Getattr3Res failed(NfsStat3 status) {
        return new Getattr3Res(status, null);
    }

    public static Getattr3Res decode(XdrDecodingStream xdr) throws IOException {
        return XdrRecord.decode(xdr, Getattr3Res.class);
    }
}
