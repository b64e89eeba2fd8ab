// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.results;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.XdrValue;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/**
 * Results of GETATTR (RFC 1813, section 3.3.1).
 *
 * @param status NFS3_OK, or why not
 * @param attributes null unless NFS3_OK
 */
public record Getattr3Res(NfsStat3 status, Fattr3 attributes) implements XdrValue {

    public static Getattr3Res ok(Fattr3 attributes) {
        return new Getattr3Res(NfsStat3.NFS3_OK, attributes);
    }

    /** @param status not NFS3_OK */
    public static Getattr3Res failed(NfsStat3 status) {
        return new Getattr3Res(status, null);
    }

    public static Getattr3Res decode(XdrDecodingStream xdr) throws IOException {
        NfsStat3 status = NfsStat3.decode(xdr);
        if (status != NfsStat3.NFS3_OK) {
            return failed(status);
        }
        return ok(Fattr3.decode(xdr));
    }

    @Override
    public void xdrEncode(XdrEncodingStream xdr) throws IOException {
        status.xdrEncode(xdr);
        if (status == NfsStat3.NFS3_OK) {
            attributes.xdrEncode(xdr);
        }
    }
}
