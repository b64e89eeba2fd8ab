// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.args;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.BulkData;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.XdrRecord;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;

/**
 * Arguments of WRITE (RFC 1813, section 3.3.7).
 *
 * @param offset bytes, unsigned
 * @param count bytes to write: the length of the data
 * @param stable UNSTABLE, DATA_SYNC or FILE_SYNC of {@code Nfs3}
 */
public record Write3Args(FileHandle file, long offset, int count, int stable, BulkData data) implements XdrRecord {

    public static Write3Args decode(XdrDecodingStream xdr) throws IOException {
        return XdrRecord.decode(xdr, Write3Args.class);
    }
}
