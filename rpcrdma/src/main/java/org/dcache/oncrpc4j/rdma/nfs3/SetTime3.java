// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3;

import java.io.IOException;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/**
 * set_atime and set_mtime of sattr3 (RFC 1813, section 2.6): keep the time, set it to the server's, or to one that the client gives.
 *
 * @param how time_how, as on the wire
 * @param time with SET_TO_CLIENT_TIME; else null
 */
public record SetTime3(int how, NfsTime3 time) implements XdrValue {

    private static final int SET_TO_CLIENT_TIME = 2;

    public static final SetTime3 DONT_CHANGE = new SetTime3(0, null);
    public static final SetTime3 SET_TO_SERVER_TIME = new SetTime3(1, null);

    public static SetTime3 to(NfsTime3 time) {
        return new SetTime3(SET_TO_CLIENT_TIME, time);
    }

    public static SetTime3 decode(XdrDecodingStream xdr) throws IOException {
        int how = xdr.xdrDecodeInt();
        return switch (how) {
            case 0 -> DONT_CHANGE;
            case 1 -> SET_TO_SERVER_TIME;
            case SET_TO_CLIENT_TIME -> to(NfsTime3.decode(xdr));
            default -> throw new UnknownValueException("time_how", how);
        };
    }

    @Override
    public void xdrEncode(XdrEncodingStream xdr) {
        xdr.xdrEncodeInt(how);
        if (how == SET_TO_CLIENT_TIME) {
            time.xdrEncode(xdr);
        }
    }
}
