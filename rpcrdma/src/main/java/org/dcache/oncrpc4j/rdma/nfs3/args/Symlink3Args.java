// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.args;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.DirOpArgs3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.Sattr3;
import org.dcache.oncrpc4j.rdma.nfs3.XdrRecord;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;

/**
 * Arguments of SYMLINK (RFC 1813, section 3.3.10).
 *
 * @param path what the link points to; a server does not interpret it
 */
public record Symlink3Args(DirOpArgs3 where, Sattr3 attributes, @Path NfsText path) implements XdrRecord {

    public static Symlink3Args decode(XdrDecodingStream xdr) throws IOException {
        return XdrRecord.decode(xdr, Symlink3Args.class);
    }
}
