// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.args;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.XdrRecord;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;

/**
 * Arguments of ACCESS (RFC 1813, section 3.3.4).
 *
 * @param access bits {@code ACCESS3_…} asked for
 */
public record Access3Args(FileHandle object, int access) implements XdrRecord {

    public static Access3Args decode(XdrDecodingStream xdr) throws IOException {
        return XdrRecord.decode(xdr, Access3Args.class);
    }
}
