// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.mount;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.dcache.oncrpc4j.rdma.nfs3.Bounded;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.Mount3;
import org.dcache.oncrpc4j.rdma.nfs3.XdrValue;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/**
 * mountres3: results of MNT (RFC 1813, appendix I).
 *
 * @param status MNT3_OK, or why not
 * @param handle of the directory; null unless MNT3_OK
 * @param flavors of authentication that the server takes (RFC 5531); none unless MNT3_OK
 */
public record Mount3Res(MountStat3 status, FileHandle handle, List<Integer> flavors) implements XdrValue {

    public static Mount3Res ok(FileHandle handle, List<Integer> flavors) {
        return new Mount3Res(MountStat3.MNT3_OK, handle, flavors);
    }

    /** @param status not MNT3_OK */
    public static Mount3Res failed(MountStat3 status) {
        return new Mount3Res(status, null, List.of());
    }

    public static Mount3Res decode(XdrDecodingStream xdr) throws IOException {
        MountStat3 status = MountStat3.decode(xdr);
        if (status != MountStat3.MNT3_OK) {
            return failed(status);
        }
        FileHandle handle = FileHandle.decode(xdr);
        int count = Bounded.length(xdr, "auth_flavors", Mount3.MAX_FLAVORS);
        List<Integer> flavors = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            flavors.add(xdr.xdrDecodeInt());
        }
        return ok(handle, List.copyOf(flavors));
    }

    @Override
    public void xdrEncode(XdrEncodingStream xdr) {
        status.xdrEncode(xdr);
        if (status == MountStat3.MNT3_OK) {
            handle.xdrEncode(xdr);
            xdr.xdrEncodeInt(flavors.size());
            flavors.forEach(xdr::xdrEncodeInt);
        }
    }
}
