// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3;

import java.io.IOException;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;

/**
 * entryplus3: one name in a READDIRPLUS result (RFC 1813, section 3.3.17).
 *
 * @param cookie to go on after this entry
 * @param attributes null when not told
 * @param handle null when not told
 */
public record EntryPlus3(long fileid, NfsText name, long cookie, @Optional Fattr3 attributes,
        @Optional FileHandle handle) implements XdrRecord {

    /** Bytes on the wire, with the word that says that an entry follows. */
    public int size() {
        return Entry3.size(name) + 2 * Integer.BYTES + (attributes == null ? 0 : Fattr3.SIZE)
                + (handle == null ? 0 : Integer.BYTES + (handle.length() + 3 & ~3));
    }

    public static EntryPlus3 decode(XdrDecodingStream xdr) throws IOException {
        return XdrRecord.decode(xdr, EntryPlus3.class);
    }
}
