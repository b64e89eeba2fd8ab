// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.args;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.XdrRecord;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;

/**
 * Arguments of READDIR (RFC 1813, section 3.3.16).
 *
 * @param cookie of the entry to go on after; 0 for the start
 * @param cookieverf as it came with the cookie; 0 with cookie 0
 * @param count most bytes of the result
 */
public record Readdir3Args(FileHandle dir, long cookie, long cookieverf, int count) implements XdrRecord {

    public static Readdir3Args decode(XdrDecodingStream xdr) throws IOException {
        return XdrRecord.decode(xdr, Readdir3Args.class);
    }
}
