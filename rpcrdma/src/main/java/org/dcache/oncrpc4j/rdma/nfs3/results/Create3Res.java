// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.results;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.WccData;
import org.dcache.oncrpc4j.rdma.nfs3.XdrValue;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/**
 * Results of CREATE, MKDIR, SYMLINK and MKNOD (RFC 1813, sections 3.3.8 to 3.3.11).
 *
 * @param status NFS3_OK, or why not
 * @param object what was made; null when not told
 * @param attributes of the object; null when not told
 * @param dirWcc of the directory
 */
public record Create3Res(NfsStat3 status, FileHandle object, Fattr3 attributes, WccData dirWcc) implements XdrValue {

    public static Create3Res ok(FileHandle object, Fattr3 attributes, WccData dirWcc) {
        return new Create3Res(NfsStat3.NFS3_OK, object, attributes, dirWcc);
    }

    /** @param status not NFS3_OK */
    public static Create3Res failed(NfsStat3 status, WccData dirWcc) {
        return new Create3Res(status, null, null, dirWcc);
    }

    public static Create3Res decode(XdrDecodingStream xdr) throws IOException {
        NfsStat3 status = NfsStat3.decode(xdr);
        if (status != NfsStat3.NFS3_OK) {
            return failed(status, WccData.decode(xdr));
        }
        return ok(FileHandle.decodeOptional(xdr), Fattr3.decodeOptional(xdr), WccData.decode(xdr));
    }

    @Override
    public void xdrEncode(XdrEncodingStream xdr) throws IOException {
        status.xdrEncode(xdr);
        if (status == NfsStat3.NFS3_OK) {
            FileHandle.encodeOptional(xdr, object);
            Fattr3.encodeOptional(xdr, attributes);
            dirWcc.xdrEncode(xdr);
        } else {
            dirWcc.xdrEncode(xdr);
        }
    }
}
