// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.args;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.DirOpArgs3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.XdrRecord;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;

/**
 * Arguments of LINK (RFC 1813, section 3.3.15).
 */
public record Link3Args(FileHandle file, DirOpArgs3 link) implements XdrRecord {

    public static Link3Args decode(XdrDecodingStream xdr) throws IOException {
        return XdrRecord.decode(xdr, Link3Args.class);
    }
}
