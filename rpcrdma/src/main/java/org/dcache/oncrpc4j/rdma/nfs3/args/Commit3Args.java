// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.args;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.XdrRecord;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;

/**
 * Arguments of COMMIT (RFC 1813, section 3.3.21).
 *
 * @param offset bytes, unsigned
 * @param count bytes; 0 for all to the end
 */
public record Commit3Args(FileHandle file, long offset, int count) implements XdrRecord {

    public static Commit3Args decode(XdrDecodingStream xdr) throws IOException {
        return XdrRecord.decode(xdr, Commit3Args.class);
    }
}
