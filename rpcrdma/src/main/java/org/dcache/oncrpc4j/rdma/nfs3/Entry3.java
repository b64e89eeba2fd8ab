// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3;

import java.io.IOException;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;

/**
 * entry3: one name in a READDIR result (RFC 1813, section 3.3.16).
 *
 * @param cookie to go on after this entry
 */
public record Entry3(long fileid, NfsText name, long cookie) implements XdrRecord {

    /** Bytes on the wire, with the word that says that an entry follows. */
    public static int size(NfsText name) {
        return Integer.BYTES + Long.BYTES + Integer.BYTES + (name.length() + 3 & ~3) + Long.BYTES;
    }

    public static Entry3 decode(XdrDecodingStream xdr) throws IOException {
        return XdrRecord.decode(xdr, Entry3.class);
    }
}
