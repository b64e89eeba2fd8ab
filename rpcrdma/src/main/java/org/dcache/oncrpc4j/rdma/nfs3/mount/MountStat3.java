// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.mount;

import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.dcache.oncrpc4j.rdma.nfs3.UnknownValueException;
import org.dcache.oncrpc4j.rdma.nfs3.XdrValue;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/** How a MOUNT request ended: mountstat3 of RFC 1813, appendix I. */
public enum MountStat3 implements XdrValue {

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

    private static final Map<Integer, MountStat3> BY_NUMBER =
            Arrays.stream(values()).collect(Collectors.toUnmodifiableMap(MountStat3::number, Function.identity()));

    private final int number;

    MountStat3(int number) {
        this.number = number;
    }

    /** As on the wire. */
    public int number() {
        return number;
    }

    /** @throws UnknownValueException if the RFC does not define what came */
    public static MountStat3 decode(XdrDecodingStream xdr) throws IOException {
        int came = xdr.xdrDecodeInt();
        MountStat3 value = BY_NUMBER.get(came);
        if (value == null) {
            throw new UnknownValueException("mountstat3", came);
        }
        return value;
    }

    @Override
    public void xdrEncode(XdrEncodingStream xdr) {
        xdr.xdrEncodeInt(number);
    }
}
