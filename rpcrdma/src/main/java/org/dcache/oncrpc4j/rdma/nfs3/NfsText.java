// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;

/**
 * A file name or path as it is on the wire (filename3, nfspath3, dirpath, name of RFC 1813): bytes, usually UTF-8. They are kept as bytes,
 * because a name that is not UTF-8 must be sent back unchanged.
 */
public final class NfsText extends OpaqueValue {

    public NfsText(byte[] bytes) {
        super(bytes);
    }

    /** The text in UTF-8. */
    public static NfsText of(String text) {
        return new NfsText(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Reads filename3, at most {@link Nfs3#MAX_NAME} bytes. */
    public static NfsText decode(XdrDecodingStream xdr) throws IOException {
        return decode(xdr, "filename3", Nfs3.MAX_NAME);
    }

    /** Reads nfspath3, at most {@link Nfs3#MAX_PATH} bytes. */
    public static NfsText decodePath(XdrDecodingStream xdr) throws IOException {
        return decode(xdr, "nfspath3", Nfs3.MAX_PATH);
    }

    /** Reads dirpath of MOUNT, at most {@link Mount3#MNTPATHLEN} bytes. */
    public static NfsText decodeDirPath(XdrDecodingStream xdr) throws IOException {
        return decode(xdr, "dirpath", Mount3.MNTPATHLEN);
    }

    private static NfsText decode(XdrDecodingStream xdr, String item, int limit) throws IOException {
        return new NfsText(Bounded.opaque(xdr, item, limit));
    }

    /** As UTF-8; malformed bytes are replaced, so this does not always name the same file. */
    @Override
    public String toString() {
        return new String(bytes(), StandardCharsets.UTF_8);
    }
}
