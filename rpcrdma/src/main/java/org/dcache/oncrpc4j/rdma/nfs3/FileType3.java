// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3;

import java.io.IOException;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;

/** Kinds of files: ftype3 of RFC 1813, section 2.6. */
public enum FileType3 implements XdrEnum {

    NF3REG(1),
    NF3DIR(2),
    NF3BLK(3),
    NF3CHR(4),
    NF3LNK(5),
    NF3SOCK(6),
    NF3FIFO(7);

    private final int number;

    FileType3(int number) {
        this.number = number;
    }

    @Override
    public int number() {
        return number;
    }

    /** @throws UnknownValueException if the RFC does not define what was got */
    public static FileType3 decode(XdrDecodingStream xdr) throws IOException {
        return XdrEnum.decode(xdr, "ftype3", values());
    }
}
