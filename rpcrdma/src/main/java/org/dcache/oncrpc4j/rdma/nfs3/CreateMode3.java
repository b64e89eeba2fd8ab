// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3;

import java.io.IOException;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;

/** What CREATE does with a file that exists: createmode3 of RFC 1813, section 3.3.8. */
public enum CreateMode3 implements XdrEnum {

    UNCHECKED(0),
    GUARDED(1),
    EXCLUSIVE(2);

    private final int number;

    CreateMode3(int number) {
        this.number = number;
    }

    @Override
    public int number() {
        return number;
    }

    /** @throws UnknownValueException if the RFC does not define what was got */
    public static CreateMode3 decode(XdrDecodingStream xdr) throws IOException {
        return XdrEnum.decode(xdr, "createmode3", values());
    }
}
