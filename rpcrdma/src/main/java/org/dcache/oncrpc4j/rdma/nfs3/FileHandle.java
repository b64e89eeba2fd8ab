// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3;

import java.io.IOException;
import java.util.HexFormat;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/**
 * nfs_fh3: up to 64 bytes that only the server understands (RFC 1813, section 2.6). By itself the argument of GETATTR, READLINK, FSSTAT,
 * FSINFO and PATHCONF.
 */
public final class FileHandle extends OpaqueValue {

    /** @throws IllegalArgumentException if there are more than 64 bytes */
    public FileHandle(byte[] bytes) {
        super(bytes);
        if (bytes.length > Nfs3.FHSIZE) {
            throw new IllegalArgumentException("a file handle has at most " + Nfs3.FHSIZE + " bytes, got " + bytes.length);
        }
    }

    public static FileHandle decode(XdrDecodingStream xdr) throws IOException {
        return new FileHandle(Bounded.opaque(xdr, "nfs_fh3", Nfs3.FHSIZE));
    }

    /** Reads post_op_fh3; null when absent. */
    public static FileHandle decodeOptional(XdrDecodingStream xdr) throws IOException {
        return xdr.xdrDecodeBoolean() ? decode(xdr) : null;
    }

    /** Writes post_op_fh3. */
    public static void encodeOptional(XdrEncodingStream xdr, FileHandle handle) {
        xdr.xdrEncodeBoolean(handle != null);
        if (handle != null) {
            handle.xdrEncode(xdr);
        }
    }

    @Override
    public String toString() {
        return HexFormat.of().formatHex(bytes());
    }
}
