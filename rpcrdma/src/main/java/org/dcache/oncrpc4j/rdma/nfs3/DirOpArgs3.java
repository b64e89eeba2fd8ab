// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3;

import java.io.IOException;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;

/**
 * diropargs3: a name in a directory; the arguments of LOOKUP, REMOVE and RMDIR (RFC 1813, section 2.6).
 */
public record DirOpArgs3(FileHandle dir, NfsText name) implements XdrRecord {

    public static DirOpArgs3 decode(XdrDecodingStream xdr) throws IOException {
        return XdrRecord.decode(xdr, DirOpArgs3.class);
    }
}
