// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.results;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.XdrValue;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

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
public record Fsstat3Res(NfsStat3 status, Fattr3 attributes, long tbytes, long fbytes, long abytes, long tfiles, long ffiles, long afiles,
        int invarsec) implements XdrValue {

    public static Fsstat3Res ok(Fattr3 attributes, long tbytes, long fbytes, long abytes, long tfiles, long ffiles, long afiles,
            int invarsec) {
        return new Fsstat3Res(NfsStat3.NFS3_OK, attributes, tbytes, fbytes, abytes, tfiles, ffiles, afiles, invarsec);
    }

    /** @param status not NFS3_OK */
    public static Fsstat3Res failed(NfsStat3 status, Fattr3 attributes) {
        return new Fsstat3Res(status, attributes, 0, 0, 0, 0, 0, 0, 0);
    }

    public static Fsstat3Res decode(XdrDecodingStream xdr) throws IOException {
        NfsStat3 status = NfsStat3.decode(xdr);
        if (status != NfsStat3.NFS3_OK) {
            return failed(status, Fattr3.decodeOptional(xdr));
        }
        return ok(Fattr3.decodeOptional(xdr), xdr.xdrDecodeLong(), xdr.xdrDecodeLong(), xdr.xdrDecodeLong(), xdr.xdrDecodeLong(),
                xdr.xdrDecodeLong(), xdr.xdrDecodeLong(), xdr.xdrDecodeInt());
    }

    @Override
    public void xdrEncode(XdrEncodingStream xdr) throws IOException {
        status.xdrEncode(xdr);
        Fattr3.encodeOptional(xdr, attributes);
        if (status == NfsStat3.NFS3_OK) {
            xdr.xdrEncodeLong(tbytes);
            xdr.xdrEncodeLong(fbytes);
            xdr.xdrEncodeLong(abytes);
            xdr.xdrEncodeLong(tfiles);
            xdr.xdrEncodeLong(ffiles);
            xdr.xdrEncodeLong(afiles);
            xdr.xdrEncodeInt(invarsec);
        }
    }
}
