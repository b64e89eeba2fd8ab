// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3;

import java.io.IOException;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/** sattr3: attributes to set (RFC 1813, section 2.6). Null leaves one alone. */
public record Sattr3(Integer mode, Integer uid, Integer gid, Long size, SetTime3 atime, SetTime3 mtime) implements XdrValue {

    /** Sets nothing. */
    public static final Sattr3 NONE = new Sattr3(null, null, null, null, SetTime3.DONT_CHANGE, SetTime3.DONT_CHANGE);

    public static Sattr3 ofMode(int mode) {
        return new Sattr3(mode, null, null, null, SetTime3.DONT_CHANGE, SetTime3.DONT_CHANGE);
    }

    public static Sattr3 ofSize(long size) {
        return new Sattr3(null, null, null, size, SetTime3.DONT_CHANGE, SetTime3.DONT_CHANGE);
    }

    public static Sattr3 ofTimes(SetTime3 atime, SetTime3 mtime) {
        return new Sattr3(null, null, null, null, atime, mtime);
    }

    public static Sattr3 decode(XdrDecodingStream xdr) throws IOException {
        return new Sattr3(optionalInt(xdr), optionalInt(xdr), optionalInt(xdr), xdr.xdrDecodeBoolean() ? (Long) xdr.xdrDecodeLong() : null,
                SetTime3.decode(xdr), SetTime3.decode(xdr));
    }

    private static Integer optionalInt(XdrDecodingStream xdr) throws IOException {
        return xdr.xdrDecodeBoolean() ? (Integer) xdr.xdrDecodeInt() : null;
    }

    @Override
    public void xdrEncode(XdrEncodingStream xdr) {
        optionalInt(xdr, mode);
        optionalInt(xdr, uid);
        optionalInt(xdr, gid);
        xdr.xdrEncodeBoolean(size != null);
        if (size != null) {
            xdr.xdrEncodeLong(size);
        }
        atime.xdrEncode(xdr);
        mtime.xdrEncode(xdr);
    }

    private static void optionalInt(XdrEncodingStream xdr, Integer value) {
        xdr.xdrEncodeBoolean(value != null);
        if (value != null) {
            xdr.xdrEncodeInt(value);
        }
    }
}
