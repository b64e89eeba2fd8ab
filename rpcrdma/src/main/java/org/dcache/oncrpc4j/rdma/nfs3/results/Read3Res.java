// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.results;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.BulkData;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.XdrValue;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/**
 * Results of READ (RFC 1813, section 3.3.6).
 *
 * @param status NFS3_OK, or why not
 * @param attributes null when not told
 * @param count bytes read: the length of the data
 * @param eof whether the data reach the end of the file
 * @param data null unless NFS3_OK
 */
public record Read3Res(NfsStat3 status, Fattr3 attributes, int count, boolean eof, BulkData data) implements XdrValue {

    public static Read3Res ok(Fattr3 attributes, int count, boolean eof, BulkData data) {
        return new Read3Res(NfsStat3.NFS3_OK, attributes, count, eof, data);
    }

    /** @param status not NFS3_OK */
    public static Read3Res failed(NfsStat3 status, Fattr3 attributes) {
        return new Read3Res(status, attributes, 0, false, null);
    }

    public static Read3Res decode(XdrDecodingStream xdr) throws IOException {
        NfsStat3 status = NfsStat3.decode(xdr);
        if (status != NfsStat3.NFS3_OK) {
            return failed(status, Fattr3.decodeOptional(xdr));
        }
        return ok(Fattr3.decodeOptional(xdr), xdr.xdrDecodeInt(), xdr.xdrDecodeBoolean(), BulkData.decode(xdr));
    }

    @Override
    public void xdrEncode(XdrEncodingStream xdr) throws IOException {
        status.xdrEncode(xdr);
        Fattr3.encodeOptional(xdr, attributes);
        if (status == NfsStat3.NFS3_OK) {
            xdr.xdrEncodeInt(count);
            xdr.xdrEncodeBoolean(eof);
            data.xdrEncode(xdr);
        }
    }
}
