// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.args;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.DirOpArgs3;
import org.dcache.oncrpc4j.rdma.nfs3.XdrRecord;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;

/**
 * Arguments of RENAME (RFC 1813, section 3.3.14).
 */
public record Rename3Args(DirOpArgs3 from, DirOpArgs3 to) implements XdrRecord {

    public static Rename3Args decode(XdrDecodingStream xdr) throws IOException {
        return XdrRecord.decode(xdr, Rename3Args.class);
    }
}
