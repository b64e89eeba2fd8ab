// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.args;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.XdrRecord;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;

/**
 * Arguments of READDIRPLUS (RFC 1813, section 3.3.17).
 *
 * @param cookie of the entry to go on after; 0 for the start
 * @param cookieverf as it came with the cookie; 0 with cookie 0
 * @param dircount most bytes of ids, names and cookies
 * @param maxcount most bytes of the result
 */
public record Readdirplus3Args(FileHandle dir, long cookie, long cookieverf, int dircount, int maxcount) implements XdrRecord {

    public static Readdirplus3Args decode(XdrDecodingStream xdr) throws IOException {
        return XdrRecord.decode(xdr, Readdirplus3Args.class);
    }
}
