// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.results;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.XdrRecord;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;

/**
 * Results of PATHCONF (RFC 1813, section 3.3.20).
 *
 * @param status NFS3_OK, or why not
 * @param attributes null when not told
 * @param linkmax most hard links to a file
 * @param nameMax longest name, bytes
 * @param noTrunc whether longer names are refused
 * @param chownRestricted whether only the superuser may give files away
 * @param caseInsensitive whether names that differ by case only are the same
 * @param casePreserving whether names keep their case
 */
public record Pathconf3Res(NfsStat3 status, @Optional Fattr3 attributes, @IfOk int linkmax, @IfOk int nameMax, @IfOk boolean noTrunc,
        @IfOk boolean chownRestricted, @IfOk boolean caseInsensitive, @IfOk boolean casePreserving) implements XdrRecord {

    /** @param status not NFS3_OK */
    public static Pathconf3Res failed(NfsStat3 status, Fattr3 attributes) {
        return new Pathconf3Res(status, attributes, 0, 0, false, false, false, false);
    }

    public static Pathconf3Res decode(XdrDecodingStream xdr) throws IOException {
        return XdrRecord.decode(xdr, Pathconf3Res.class);
    }
}
