// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3;

import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/** Kinds of files: ftype3 of RFC 1813, section 2.6. */
public enum FileType3 implements XdrValue {

    NF3REG(1),
    NF3DIR(2),
    NF3BLK(3),
    NF3CHR(4),
    NF3LNK(5),
    NF3SOCK(6),
    NF3FIFO(7);

    private static final Map<Integer, FileType3> BY_NUMBER =
            Arrays.stream(values()).collect(Collectors.toUnmodifiableMap(FileType3::number, Function.identity()));

    private final int number;

    FileType3(int number) {
        this.number = number;
    }

    /** As on the wire. */
    public int number() {
        return number;
    }

    /** @throws UnknownValueException if the RFC does not define what came */
    public static FileType3 decode(XdrDecodingStream xdr) throws IOException {
        int came = xdr.xdrDecodeInt();
        FileType3 value = BY_NUMBER.get(came);
        if (value == null) {
            throw new UnknownValueException("ftype3", came);
        }
        return value;
    }

    @Override
    public void xdrEncode(XdrEncodingStream xdr) {
        xdr.xdrEncodeInt(number);
    }
}
