// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.check.nfs41;

import java.io.IOException;
import java.util.HexFormat;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;

/** A device id, in hex. */
record Device(String id) {

    private static final int LENGTH = 16;

    static Device read(XdrDecodingStream xdr) throws IOException {
        return new Device(HexFormat.of().formatHex(xdr.xdrDecodeOpaque(LENGTH)));
    }

    byte[] bytes() {
        return HexFormat.of().parseHex(id);
    }
}
