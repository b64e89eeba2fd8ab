// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.spi;

import org.dcache.oncrpc4j.xdr.Xdr;

/**
 * An {@code RpcTransport} that wants calls to be encoded into its own memory implements this; the weave asks it wherever
 * {@code RpcCall} would make a stock {@code Xdr} for a call.
 */
public interface XdrFactory {

    /** An Xdr for one call. Any thread. */
    Xdr newCallXdr(int initialSize);
}
