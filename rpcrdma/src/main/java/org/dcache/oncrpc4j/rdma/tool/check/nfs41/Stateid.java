// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.check.nfs41;

import java.io.IOException;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/** A stateid, as the server gave it. */
record Stateid(byte[] bytes) {

    private static final int LENGTH = 16;

    static Stateid read(XdrDecodingStream xdr) throws IOException {
        return new Stateid(xdr.xdrDecodeOpaque(LENGTH));
    }

    void write(XdrEncodingStream xdr) throws IOException {
        xdr.xdrEncodeOpaque(bytes, LENGTH);
    }
}
