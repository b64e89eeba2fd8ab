// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.args;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.DirOpArgs3;
import org.dcache.oncrpc4j.rdma.nfs3.FileType3;
import org.dcache.oncrpc4j.rdma.nfs3.Sattr3;
import org.dcache.oncrpc4j.rdma.nfs3.SpecData3;
import org.dcache.oncrpc4j.rdma.nfs3.XdrValue;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/**
 * Arguments of MKNOD (RFC 1813, section 3.3.11).
 *
 * @param type of the file to make
 * @param attributes of devices, sockets and FIFOs; null for other types, which MKNOD does not make
 * @param device of NF3CHR and NF3BLK; else null
 */
public record Mknod3Args(DirOpArgs3 where, FileType3 type, Sattr3 attributes, SpecData3 device) implements XdrValue {

    public static Mknod3Args decode(XdrDecodingStream xdr) throws IOException {
        DirOpArgs3 where = DirOpArgs3.decode(xdr);
        FileType3 type = FileType3.decode(xdr);
        return new Mknod3Args(where, type, isSpecial(type) ? Sattr3.decode(xdr) : null, isDevice(type) ? SpecData3.decode(xdr) : null);
    }

    @Override
    public void xdrEncode(XdrEncodingStream xdr) throws IOException {
        where.xdrEncode(xdr);
        type.xdrEncode(xdr);
        if (isSpecial(type)) {
            attributes.xdrEncode(xdr);
        }
        if (isDevice(type)) {
            device.xdrEncode(xdr);
        }
    }

    private static boolean isDevice(FileType3 type) {
        return type == FileType3.NF3CHR || type == FileType3.NF3BLK;
    }

    private static boolean isSpecial(FileType3 type) {
        return isDevice(type) || type == FileType3.NF3SOCK || type == FileType3.NF3FIFO;
    }
}
