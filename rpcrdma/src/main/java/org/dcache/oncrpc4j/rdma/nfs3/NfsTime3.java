// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3;

import java.io.IOException;
import java.time.Instant;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/**
 * nfstime3 (RFC 1813, section 2.6).
 *
 * @param seconds since 1970-01-01 UTC, unsigned
 * @param nanoseconds 0 to 999,999,999
 */
public record NfsTime3(int seconds, int nanoseconds) implements XdrValue {

    /** Bytes on the wire. */
    static final int SIZE = 8;

    private static final long LATEST = 0xffff_ffffL;

    /** The nearest time that nfstime3 can hold: from 1970 to 2106. */
    public static NfsTime3 of(Instant time) {
        long seconds = time.getEpochSecond();
        if (seconds < 0) {
            return new NfsTime3(0, 0);
        }
        return seconds > LATEST ? new NfsTime3(-1, 999_999_999) : new NfsTime3((int) seconds, time.getNano());
    }

    /** Nanoseconds beyond a second are carried over. */
    public Instant toInstant() {
        return Instant.ofEpochSecond(Integer.toUnsignedLong(seconds), Integer.toUnsignedLong(nanoseconds));
    }

    public static NfsTime3 decode(XdrDecodingStream xdr) throws IOException {
        return new NfsTime3(xdr.xdrDecodeInt(), xdr.xdrDecodeInt());
    }

    @Override
    public void xdrEncode(XdrEncodingStream xdr) {
        xdr.xdrEncodeInt(seconds);
        xdr.xdrEncodeInt(nanoseconds);
    }
}
