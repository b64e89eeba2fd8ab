// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.mount;

import java.io.IOException;
import java.util.List;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.XdrList;
import org.dcache.oncrpc4j.rdma.nfs3.XdrValue;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/**
 * exportnode: a directory in the result of EXPORT (RFC 1813, appendix I).
 *
 * @param groups that may mount it; if there are none, everybody may
 */
public record ExportNode(NfsText dir, List<NfsText> groups) implements XdrValue {

    @Override
    public void xdrEncode(XdrEncodingStream xdr) throws IOException {
        dir.xdrEncode(xdr);
        XdrList.encode(xdr, groups);
    }

    /** The whole result of EXPORT. */
    public record Exports(List<ExportNode> nodes) implements XdrValue {

        @Override
        public void xdrEncode(XdrEncodingStream xdr) throws IOException {
            XdrList.encode(xdr, nodes);
        }
    }
}
