// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3;

import java.io.IOException;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;

/** Reads lengths, and opaques with them, and checks them against limits. Stateless. */
public final class Bounded {

    private Bounded() {}

    /**
     * Reads a length word.
     *
     * @param item what has that length, for the message of the exception
     * @param limit largest length, inclusive
     */
    public static int length(XdrDecodingStream xdr, String item, int limit) throws IOException {
        int length = xdr.xdrDecodeInt();
        if (length < 0 || length > limit) {
            throw new LimitExceededException(item, length, limit);
        }
        return length;
    }

    /** Reads a variable-length opaque of at most {@code limit} bytes. */
    static byte[] opaque(XdrDecodingStream xdr, String item, int limit) throws IOException {
        return xdr.xdrDecodeOpaque(length(xdr, item, limit));
    }
}
