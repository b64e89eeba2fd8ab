// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

import java.io.IOException;
import org.dcache.oncrpc4j.xdr.XdrAble;

/**
 * One outstanding call of a load, over and over: its arguments, where its results go, and whether they are right. Used by one thread at a
 * time; {@link #arguments}, {@link #result} and {@link #check} come in this order for each call.
 */
interface Exchange {

    int procedure();

    /** @param sequence differs from call to call */
    XdrAble arguments(long sequence);

    XdrAble result();

    /**
     * Looks at what came.
     *
     * @throws IOException when it is not what this call had to bring
     */
    void check() throws IOException;
}
