// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3;

import java.io.IOException;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;

/** sattr3: attributes to set (RFC 1813, section 2.6). Those that are null stay as they are. */
public record Sattr3(@Optional Integer mode, @Optional Integer uid, @Optional Integer gid, @Optional Long size, SetTime3 atime,
        SetTime3 mtime) implements XdrRecord {

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

    /** Whether it sets times to what the client says. */
    public boolean hasClientTimes() {
        return atime.time() != null || mtime.time() != null;
    }

    /** The rest of it. */
    public Sattr3 withoutTimes() {
        return new Sattr3(mode, uid, gid, size, SetTime3.DONT_CHANGE, SetTime3.DONT_CHANGE);
    }

    public static Sattr3 decode(XdrDecodingStream xdr) throws IOException {
        return XdrRecord.decode(xdr, Sattr3.class);
    }
}
