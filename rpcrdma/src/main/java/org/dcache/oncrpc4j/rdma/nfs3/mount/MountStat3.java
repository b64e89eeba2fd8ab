// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.mount;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.UnknownValueException;
import org.dcache.oncrpc4j.rdma.nfs3.XdrEnum;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;

/** How a MOUNT request ended: mountstat3 of RFC 1813, appendix I. */
public enum MountStat3 implements XdrEnum {

    MNT3_OK(0),
    MNT3ERR_PERM(1),
    MNT3ERR_NOENT(2),
    MNT3ERR_IO(5),
    MNT3ERR_ACCES(13),
    MNT3ERR_NOTDIR(20),
    MNT3ERR_INVAL(22),
    MNT3ERR_NAMETOOLONG(63),
    MNT3ERR_NOTSUPP(10004),
    MNT3ERR_SERVERFAULT(10006);

    private final int number;

    MountStat3(int number) {
        this.number = number;
    }

    @Override
    public int number() {
        return number;
    }

    /** @throws UnknownValueException if the RFC does not define what was got */
    public static MountStat3 decode(XdrDecodingStream xdr) throws IOException {
        return XdrEnum.decode(xdr, "mountstat3", values());
    }
}
