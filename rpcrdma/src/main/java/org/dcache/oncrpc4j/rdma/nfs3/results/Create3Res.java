// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.results;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.WccData;
import org.dcache.oncrpc4j.rdma.nfs3.XdrRecord;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;

/**
 * Results of CREATE, MKDIR, SYMLINK and MKNOD (RFC 1813, sections 3.3.8 to 3.3.11).
 *
 * @param status NFS3_OK, or why not
 * @param object what was made; null when not told
 * @param attributes of the object; null when not told
 * @param dirWcc of the directory
 */
public record Create3Res(NfsStat3 status, @IfOk @Optional FileHandle object, @IfOk @Optional Fattr3 attributes,
        WccData dirWcc) implements XdrRecord {

    /** @param status not NFS3_OK */
    public static Create3Res failed(NfsStat3 status, WccData dirWcc) {
        return new Create3Res(status, null, null, dirWcc);
    }

    public static Create3Res decode(XdrDecodingStream xdr) throws IOException {
        return XdrRecord.decode(xdr, Create3Res.class);
    }
}
