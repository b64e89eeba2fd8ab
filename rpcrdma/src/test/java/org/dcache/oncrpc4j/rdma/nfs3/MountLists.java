// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.mount.ExportNode;
import org.dcache.oncrpc4j.rdma.nfs3.mount.MountBody;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;

/** Reads the results of EXPORT and DUMP, which our server sends and our client does not ask for. */
public final class MountLists {

    private MountLists() {}

    public static ExportNode.Exports exports(XdrDecodingStream xdr) throws IOException {
        return new ExportNode.Exports(XdrList.decode(xdr, "exports", Mount3.MAX_LIST, MountLists::exportNode));
    }

    private static ExportNode exportNode(XdrDecodingStream xdr) throws IOException {
        return new ExportNode(NfsText.decodeDirPath(xdr), XdrList.decode(xdr, "groups", Mount3.MAX_LIST, MountLists::host));
    }

    public static MountBody.Mounts mounts(XdrDecodingStream xdr) throws IOException {
        return new MountBody.Mounts(XdrList.decode(xdr, "mountlist", Mount3.MAX_LIST,
                each -> new MountBody(host(each), NfsText.decodeDirPath(each))));
    }

    private static NfsText host(XdrDecodingStream xdr) throws IOException {
        return new NfsText(Bounded.opaque(xdr, "name", Mount3.MNTNAMLEN));
    }
}
