// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.results;

import java.io.IOException;
import java.util.List;
import org.dcache.oncrpc4j.rdma.nfs3.Decoded;
import org.dcache.oncrpc4j.rdma.nfs3.Entry3;
import org.dcache.oncrpc4j.rdma.nfs3.EntryPlus3;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.Nfs3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.XdrList;
import org.dcache.oncrpc4j.rdma.nfs3.XdrValue;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/**
 * Results of READDIR and READDIRPLUS, which differ in their entries only (RFC 1813, sections 3.3.16 and 3.3.17).
 *
 * @param <E> {@link Entry3} or {@link EntryPlus3}
 * @param status NFS3_OK, or why not
 * @param dirAttributes null when not told
 * @param cookieverf to be given back with a cookie of these entries
 * @param entries none unless NFS3_OK
 * @param eof whether the directory has no more
 */
public record Readdir3Res<E extends XdrValue>(NfsStat3 status, Fattr3 dirAttributes, long cookieverf, List<E> entries, boolean eof)
        implements XdrValue {

    /** Bytes of a result without entries, from the status to the eof word, the attributes included. */
    public static final int OVERHEAD = Integer.BYTES + Integer.BYTES + Fattr3.SIZE + Nfs3.COOKIEVERFSIZE + 2 * Integer.BYTES;

    public static <E extends XdrValue> Readdir3Res<E> ok(Fattr3 dirAttributes, long cookieverf, List<E> entries, boolean eof) {
        return new Readdir3Res<>(NfsStat3.NFS3_OK, dirAttributes, cookieverf, entries, eof);
    }

    /** @param status not NFS3_OK */
    public static <E extends XdrValue> Readdir3Res<E> failed(NfsStat3 status, Fattr3 dirAttributes) {
        return new Readdir3Res<>(status, dirAttributes, 0, List.of(), false);
    }

    public static Readdir3Res<Entry3> decode(XdrDecodingStream xdr) throws IOException {
        return decode(xdr, Entry3::decode);
    }

    public static Readdir3Res<EntryPlus3> decodePlus(XdrDecodingStream xdr) throws IOException {
        return decode(xdr, EntryPlus3::decode);
    }

    private static <E extends XdrValue> Readdir3Res<E> decode(XdrDecodingStream xdr, Decoded.Reader<E> entry) throws IOException {
        NfsStat3 status = NfsStat3.decode(xdr);
        Fattr3 dirAttributes = Fattr3.decodeOptional(xdr);
        if (status != NfsStat3.NFS3_OK) {
            return failed(status, dirAttributes);
        }
        return ok(dirAttributes, xdr.xdrDecodeLong(), XdrList.decode(xdr, "dirlist3", Nfs3.MAX_ENTRIES, entry), xdr.xdrDecodeBoolean());
    }

    @Override
    public void xdrEncode(XdrEncodingStream xdr) throws IOException {
        status.xdrEncode(xdr);
        Fattr3.encodeOptional(xdr, dirAttributes);
        if (status == NfsStat3.NFS3_OK) {
            xdr.xdrEncodeLong(cookieverf);
            XdrList.encode(xdr, entries);
            xdr.xdrEncodeBoolean(eof);
        }
    }
}
