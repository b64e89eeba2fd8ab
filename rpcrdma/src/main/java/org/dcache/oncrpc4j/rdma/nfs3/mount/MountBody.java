// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs3.mount;

import java.io.IOException;
import java.util.List;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.XdrList;
import org.dcache.oncrpc4j.rdma.nfs3.XdrValue;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;

/** mountbody: who mounted what, in the result of DUMP (RFC 1813, appendix I). */
public record MountBody(NfsText hostname, NfsText directory) implements XdrValue {

    @Override
    public void xdrEncode(XdrEncodingStream xdr) {
        hostname.xdrEncode(xdr);
        directory.xdrEncode(xdr);
    }

    /** The whole result of DUMP. */
    public record Mounts(List<MountBody> bodies) implements XdrValue {

        @Override
        public void xdrEncode(XdrEncodingStream xdr) throws IOException {
            XdrList.encode(xdr, bodies);
        }
    }
}
