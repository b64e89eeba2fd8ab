// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.args;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.XdrValue;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/**
 * Arguments of READ (RFC 1813, section 3.3.6).
 *
 * @param offset bytes, unsigned
 * @param count most bytes to read, unsigned
 */
public record Read3Args(FileHandle file, long offset, int count) implements XdrValue {

    public static Read3Args decode(XdrDecodingStream xdr) throws IOException {
        return new Read3Args(FileHandle.decode(xdr), xdr.xdrDecodeLong(), xdr.xdrDecodeInt());
    }

    @Override
    public void xdrEncode(XdrEncodingStream xdr) throws IOException {
        file.xdrEncode(xdr);
        xdr.xdrEncodeLong(offset);
        xdr.xdrEncodeInt(count);
    }
}
