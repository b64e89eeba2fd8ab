// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3;

import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/** What CREATE does with a file that exists: createmode3 of RFC 1813, section 3.3.8. */
public enum CreateMode3 implements XdrValue {

    UNCHECKED(0),
    GUARDED(1),
    EXCLUSIVE(2);

    private static final Map<Integer, CreateMode3> BY_NUMBER =
            Arrays.stream(values()).collect(Collectors.toUnmodifiableMap(CreateMode3::number, Function.identity()));

    private final int number;

    CreateMode3(int number) {
        this.number = number;
    }

    /** As on the wire. */
    public int number() {
        return number;
    }

    /** @throws UnknownValueException if the RFC does not define what came */
    public static CreateMode3 decode(XdrDecodingStream xdr) throws IOException {
        int came = xdr.xdrDecodeInt();
        CreateMode3 value = BY_NUMBER.get(came);
        if (value == null) {
            throw new UnknownValueException("createmode3", came);
        }
        return value;
    }

    @Override
    public void xdrEncode(XdrEncodingStream xdr) {
        xdr.xdrEncodeInt(number);
    }
}
