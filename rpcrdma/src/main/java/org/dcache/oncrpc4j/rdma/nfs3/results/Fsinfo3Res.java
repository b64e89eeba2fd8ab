// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.results;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsTime3;
import org.dcache.oncrpc4j.rdma.nfs3.XdrRecord;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;

/**
 * Results of FSINFO (RFC 1813, section 3.3.19). Sizes in bytes.
 *
 * @param status NFS3_OK, or why not
 * @param attributes null when not told
 * @param rtmax largest READ
 * @param rtpref preferred READ
 * @param rtmult suggested multiple of a READ
 * @param wtmax largest WRITE
 * @param wtpref preferred WRITE
 * @param wtmult suggested multiple of a WRITE
 * @param dtpref preferred READDIR
 * @param maxfilesize largest size of a file
 * @param timeDelta granularity of times; null unless NFS3_OK
 * @param properties bits {@code FSF3_…} of {@code Nfs3}
 */
public record Fsinfo3Res(NfsStat3 status, @Optional Fattr3 attributes, @IfOk int rtmax, @IfOk int rtpref, @IfOk int rtmult,
        @IfOk int wtmax, @IfOk int wtpref, @IfOk int wtmult, @IfOk int dtpref, @IfOk long maxfilesize, @IfOk NfsTime3 timeDelta,
        @IfOk int properties) implements XdrRecord {

    /** @param status not NFS3_OK */
    public static Fsinfo3Res failed(NfsStat3 status, Fattr3 attributes) {
        return new Fsinfo3Res(status, attributes, 0, 0, 0, 0, 0, 0, 0, 0, null, 0);
    }

    public static Fsinfo3Res decode(XdrDecodingStream xdr) throws IOException {
        return XdrRecord.decode(xdr, Fsinfo3Res.class);
    }
}
