// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.results;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.XdrValue;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

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
public record Pathconf3Res(NfsStat3 status, Fattr3 attributes, int linkmax, int nameMax, boolean noTrunc, boolean chownRestricted,
        boolean caseInsensitive, boolean casePreserving) implements XdrValue {

    public static Pathconf3Res ok(Fattr3 attributes, int linkmax, int nameMax, boolean noTrunc, boolean chownRestricted,
            boolean caseInsensitive, boolean casePreserving) {
        return new Pathconf3Res(NfsStat3.NFS3_OK, attributes, linkmax, nameMax, noTrunc, chownRestricted, caseInsensitive, casePreserving);
    }

    /** @param status not NFS3_OK */
    public static Pathconf3Res failed(NfsStat3 status, Fattr3 attributes) {
        return new Pathconf3Res(status, attributes, 0, 0, false, false, false, false);
    }

    public static Pathconf3Res decode(XdrDecodingStream xdr) throws IOException {
        NfsStat3 status = NfsStat3.decode(xdr);
        if (status != NfsStat3.NFS3_OK) {
            return failed(status, Fattr3.decodeOptional(xdr));
        }
        return ok(Fattr3.decodeOptional(xdr), xdr.xdrDecodeInt(), xdr.xdrDecodeInt(), xdr.xdrDecodeBoolean(), xdr.xdrDecodeBoolean(),
                xdr.xdrDecodeBoolean(), xdr.xdrDecodeBoolean());
    }

    @Override
    public void xdrEncode(XdrEncodingStream xdr) throws IOException {
        status.xdrEncode(xdr);
        Fattr3.encodeOptional(xdr, attributes);
        if (status == NfsStat3.NFS3_OK) {
            xdr.xdrEncodeInt(linkmax);
            xdr.xdrEncodeInt(nameMax);
            xdr.xdrEncodeBoolean(noTrunc);
            xdr.xdrEncodeBoolean(chownRestricted);
            xdr.xdrEncodeBoolean(caseInsensitive);
            xdr.xdrEncodeBoolean(casePreserving);
        }
    }
}
