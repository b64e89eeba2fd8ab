// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.results;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.XdrRecord;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;

/**
 * Results of FSSTAT (RFC 1813, section 3.3.18).
 *
 * @param status NFS3_OK, or why not
 * @param attributes null when not told
 * @param tbytes size of the file system, bytes
 * @param fbytes free bytes
 * @param abytes free bytes for this user
 * @param tfiles file slots
 * @param ffiles free file slots
 * @param afiles free file slots for this user
 * @param invarsec seconds for which this is not expected to change
 */
public record Fsstat3Res(NfsStat3 status, @Optional Fattr3 attributes, @IfOk long tbytes, @IfOk long fbytes, @IfOk long abytes,
        @IfOk long tfiles, @IfOk long ffiles, @IfOk long afiles, @IfOk int invarsec) implements XdrRecord {

    /** @param status not NFS3_OK */
    public static Fsstat3Res failed(NfsStat3 status, Fattr3 attributes) {
        return new Fsstat3Res(status, attributes, 0, 0, 0, 0, 0, 0, 0);
    }

    public static Fsstat3Res decode(XdrDecodingStream xdr) throws IOException {
        return XdrRecord.decode(xdr, Fsstat3Res.class);
    }
}
