// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3;

import java.io.IOException;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/**
 * fattr3: the attributes of a file (RFC 1813, section 2.6).
 *
 * @param type kind of file
 * @param mode the lower twelve bits: permissions, sticky, set-gid, set-uid
 * @param nlink number of hard links
 * @param size bytes
 * @param used bytes on the disk
 * @param rdev of a device; else {@link SpecData3#NONE}
 * @param fsid of the file system
 * @param fileid of the file within it
 * @param atime of the last access
 * @param mtime of the last change of its data
 * @param ctime of the last change of its data or attributes
 */
public record Fattr3(FileType3 type, int mode, int nlink, int uid, int gid, long size, long used, SpecData3 rdev, long fsid, long fileid,
        NfsTime3 atime, NfsTime3 mtime, NfsTime3 ctime) implements XdrValue {

    /** Bytes on the wire. */
    public static final int SIZE = 84;

    public boolean isDirectory() {
        return type == FileType3.NF3DIR;
    }

    /** What a later {@link WccData} compares with. */
    public WccAttr wcc() {
        return new WccAttr(size, mtime, ctime);
    }

    public static Fattr3 decode(XdrDecodingStream xdr) throws IOException {
        return new Fattr3(FileType3.decode(xdr), xdr.xdrDecodeInt(), xdr.xdrDecodeInt(), xdr.xdrDecodeInt(), xdr.xdrDecodeInt(),
                xdr.xdrDecodeLong(),
                xdr.xdrDecodeLong(), SpecData3.decode(xdr), xdr.xdrDecodeLong(), xdr.xdrDecodeLong(), NfsTime3.decode(xdr),
                NfsTime3.decode(xdr), NfsTime3.decode(xdr));
    }

    @Override
    public void xdrEncode(XdrEncodingStream xdr) {
        type.xdrEncode(xdr);
        xdr.xdrEncodeInt(mode);
        xdr.xdrEncodeInt(nlink);
        xdr.xdrEncodeInt(uid);
        xdr.xdrEncodeInt(gid);
        xdr.xdrEncodeLong(size);
        xdr.xdrEncodeLong(used);
        rdev.xdrEncode(xdr);
        xdr.xdrEncodeLong(fsid);
        xdr.xdrEncodeLong(fileid);
        atime.xdrEncode(xdr);
        mtime.xdrEncode(xdr);
        ctime.xdrEncode(xdr);
    }

    /** Reads post_op_attr; null when absent. */
    public static Fattr3 decodeOptional(XdrDecodingStream xdr) throws IOException {
        return xdr.xdrDecodeBoolean() ? decode(xdr) : null;
    }

    /** Writes post_op_attr. */
    public static void encodeOptional(XdrEncodingStream xdr, Fattr3 attributes) {
        xdr.xdrEncodeBoolean(attributes != null);
        if (attributes != null) {
            attributes.xdrEncode(xdr);
        }
    }
}
