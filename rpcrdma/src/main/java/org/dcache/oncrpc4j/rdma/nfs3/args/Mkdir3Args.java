// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.args;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.DirOpArgs3;
import org.dcache.oncrpc4j.rdma.nfs3.Sattr3;
import org.dcache.oncrpc4j.rdma.nfs3.XdrRecord;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;

/**
 * Arguments of MKDIR (RFC 1813, section 3.3.9).
 */
public record Mkdir3Args(DirOpArgs3 where, Sattr3 attributes) implements XdrRecord {

    public static Mkdir3Args decode(XdrDecodingStream xdr) throws IOException {
        return XdrRecord.decode(xdr, Mkdir3Args.class);
    }
}
