// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.xdr;

import org.dcache.oncrpc4j.rdma.xprt.memory.Regbuf;
import org.glassfish.grizzly.memory.ByteBufferWrapper;

/** A regbuf as the Grizzly buffer that an {@code Xdr} encodes into. Owned by the {@link RdmaXdr}, which takes the regbuf out again. */
final class RegbufBuffer extends ByteBufferWrapper {

    private final Regbuf regbuf;

    RegbufBuffer(Regbuf regbuf) {
        super(regbuf.memory());
        this.regbuf = regbuf;
    }

    Regbuf regbuf() {
        return regbuf;
    }
}
