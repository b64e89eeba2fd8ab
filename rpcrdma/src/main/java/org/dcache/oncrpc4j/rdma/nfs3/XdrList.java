// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/** Linked lists of XDR: a word before each element says that one follows (RFC 4506, section 4.19). Stateless. */
public final class XdrList {

    private XdrList() {}

    /** @throws LimitExceededException if there are more than {@code limit} elements */
    public static <T> List<T> decode(XdrDecodingStream xdr, String item, int limit, Decoded.Reader<T> element) throws IOException {
        List<T> list = new ArrayList<>();
        while (xdr.xdrDecodeBoolean()) {
            if (list.size() == limit) {
                throw new LimitExceededException(item, limit + 1, limit);
            }
            list.add(element.decode(xdr));
        }
        return List.copyOf(list);
    }

    public static void encode(XdrEncodingStream xdr, List<? extends XdrValue> list) throws IOException {
        for (XdrValue element : list) {
            xdr.xdrEncodeBoolean(true);
            element.xdrEncode(xdr);
        }
        xdr.xdrEncodeBoolean(false);
    }
}
