// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.results;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.XdrValue;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/**
 * Results of LOOKUP (RFC 1813, section 3.3.3).
 *
 * @param status NFS3_OK, or why not
 * @param object null unless NFS3_OK
 * @param attributes of the object; null when not told
 * @param dirAttributes null when not told
 */
public record Lookup3Res(NfsStat3 status, FileHandle object, Fattr3 attributes, Fattr3 dirAttributes) implements XdrValue {

    public static Lookup3Res ok(FileHandle object, Fattr3 attributes, Fattr3 dirAttributes) {
        return new Lookup3Res(NfsStat3.NFS3_OK, object, attributes, dirAttributes);
    }

    /** @param status not NFS3_OK */
    public static Lookup3Res failed(NfsStat3 status, Fattr3 dirAttributes) {
        return new Lookup3Res(status, null, null, dirAttributes);
    }

    public static Lookup3Res decode(XdrDecodingStream xdr) throws IOException {
        NfsStat3 status = NfsStat3.decode(xdr);
        if (status != NfsStat3.NFS3_OK) {
            return failed(status, Fattr3.decodeOptional(xdr));
        }
        return ok(FileHandle.decode(xdr), Fattr3.decodeOptional(xdr), Fattr3.decodeOptional(xdr));
    }

    @Override
    public void xdrEncode(XdrEncodingStream xdr) throws IOException {
        status.xdrEncode(xdr);
        if (status == NfsStat3.NFS3_OK) {
            object.xdrEncode(xdr);
            Fattr3.encodeOptional(xdr, attributes);
            Fattr3.encodeOptional(xdr, dirAttributes);
        } else {
            Fattr3.encodeOptional(xdr, dirAttributes);
        }
    }
}
