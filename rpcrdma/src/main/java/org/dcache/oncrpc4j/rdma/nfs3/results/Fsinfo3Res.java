// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.results;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsTime3;
import org.dcache.oncrpc4j.rdma.nfs3.XdrValue;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

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
 * @param maxfilesize of a file
 * @param timeDelta granularity of times; null unless NFS3_OK
 * @param properties bits {@code FSF3_…} of {@code Nfs3}
 */
public record Fsinfo3Res(NfsStat3 status, Fattr3 attributes, int rtmax, int rtpref, int rtmult, int wtmax, int wtpref, int wtmult,
        int dtpref, long maxfilesize, NfsTime3 timeDelta, int properties) implements XdrValue {

    public static Fsinfo3Res ok(Fattr3 attributes, int rtmax, int rtpref, int rtmult, int wtmax, int wtpref, int wtmult, int dtpref,
            long maxfilesize, NfsTime3 timeDelta, int properties) {
        return new Fsinfo3Res(NfsStat3.NFS3_OK, attributes, rtmax, rtpref, rtmult, wtmax, wtpref, wtmult, dtpref, maxfilesize, timeDelta,
                properties);
    }

    /** @param status not NFS3_OK */
    public static Fsinfo3Res failed(NfsStat3 status, Fattr3 attributes) {
        return new Fsinfo3Res(status, attributes, 0, 0, 0, 0, 0, 0, 0, 0, null, 0);
    }

    public static Fsinfo3Res decode(XdrDecodingStream xdr) throws IOException {
        NfsStat3 status = NfsStat3.decode(xdr);
        if (status != NfsStat3.NFS3_OK) {
            return failed(status, Fattr3.decodeOptional(xdr));
        }
        return ok(Fattr3.decodeOptional(xdr), xdr.xdrDecodeInt(), xdr.xdrDecodeInt(), xdr.xdrDecodeInt(), xdr.xdrDecodeInt(),
                xdr.xdrDecodeInt(), xdr.xdrDecodeInt(), xdr.xdrDecodeInt(), xdr.xdrDecodeLong(), NfsTime3.decode(xdr), xdr.xdrDecodeInt());
    }

    @Override
    public void xdrEncode(XdrEncodingStream xdr) throws IOException {
        status.xdrEncode(xdr);
        Fattr3.encodeOptional(xdr, attributes);
        if (status == NfsStat3.NFS3_OK) {
            xdr.xdrEncodeInt(rtmax);
            xdr.xdrEncodeInt(rtpref);
            xdr.xdrEncodeInt(rtmult);
            xdr.xdrEncodeInt(wtmax);
            xdr.xdrEncodeInt(wtpref);
            xdr.xdrEncodeInt(wtmult);
            xdr.xdrEncodeInt(dtpref);
            xdr.xdrEncodeLong(maxfilesize);
            timeDelta.xdrEncode(xdr);
            xdr.xdrEncodeInt(properties);
        }
    }
}
