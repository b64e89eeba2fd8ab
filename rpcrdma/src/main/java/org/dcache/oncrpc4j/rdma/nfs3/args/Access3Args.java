// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.args;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.XdrValue;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/**
 * Arguments of ACCESS (RFC 1813, section 3.3.4).
 *
 * @param access bits {@code ACCESS3_…} asked for
 */
public record Access3Args(FileHandle object, int access) implements XdrValue {

    public static Access3Args decode(XdrDecodingStream xdr) throws IOException {
        return new Access3Args(FileHandle.decode(xdr), xdr.xdrDecodeInt());
    }

    @Override
    public void xdrEncode(XdrEncodingStream xdr) throws IOException {
        object.xdrEncode(xdr);
        xdr.xdrEncodeInt(access);
    }
}
