// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3;

import java.io.IOException;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/** An enumeration of RFC 1813: one word with the value's number. */
public interface XdrEnum extends XdrValue {

    /** As on the wire. */
    int number();

    @Override
    default void xdrEncode(XdrEncodingStream xdr) {
        xdr.xdrEncodeInt(number());
    }

    /**
     * Reads one of {@code values}; fastest if the most frequent ones come first.
     *
     * @param type its name in the RFC, for the message of the exception
     * @throws UnknownValueException if the RFC does not define what was got
     */
    static <E extends XdrEnum> E decode(XdrDecodingStream xdr, String type, E[] values) throws IOException {
        int got = xdr.xdrDecodeInt();
        for (E value : values) {
            if (value.number() == got) {
                return value;
            }
        }
        throw new UnknownValueException(type, got);
    }
}
