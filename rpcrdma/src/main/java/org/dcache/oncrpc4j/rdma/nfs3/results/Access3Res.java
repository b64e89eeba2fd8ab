// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.results;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.XdrRecord;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;

/**
 * Results of ACCESS (RFC 1813, section 3.3.4).
 *
 * @param status NFS3_OK, or why not
 * @param attributes null when not told
 * @param access those of the bits asked for that are allowed
 */
public record Access3Res(NfsStat3 status, @Optional Fattr3 attributes, @IfOk int access) implements XdrRecord {

    /** @param status not NFS3_OK */
    public static Access3Res failed(NfsStat3 status, Fattr3 attributes) {
        return new Access3Res(status, attributes, 0);
    }

    public static Access3Res decode(XdrDecodingStream xdr) throws IOException {
        return XdrRecord.decode(xdr, Access3Res.class);
    }
}
