// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.args;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.NfsTime3;
import org.dcache.oncrpc4j.rdma.nfs3.Sattr3;
import org.dcache.oncrpc4j.rdma.nfs3.XdrRecord;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;

/**
 * Arguments of SETATTR (RFC 1813, section 3.3.2).
 *
 * @param guard the ctime that the object must have; null for no guard
 */
public record Setattr3Args(FileHandle object, Sattr3 attributes, @Optional NfsTime3 guard) implements XdrRecord {

    public static Setattr3Args decode(XdrDecodingStream xdr) throws IOException {
        return XdrRecord.decode(xdr, Setattr3Args.class);
    }
}
