// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.args;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.XdrRecord;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;

/**
 * Arguments of READ (RFC 1813, section 3.3.6).
 *
 * @param offset bytes, unsigned
 * @param count most bytes to read, unsigned
 */
public record Read3Args(FileHandle file, long offset, int count) implements XdrRecord {

    public static Read3Args decode(XdrDecodingStream xdr) throws IOException {
        return XdrRecord.decode(xdr, Read3Args.class);
    }
}
