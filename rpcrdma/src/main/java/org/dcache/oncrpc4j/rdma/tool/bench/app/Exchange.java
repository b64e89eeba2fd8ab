// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

import java.io.IOException;
import org.dcache.oncrpc4j.xdr.XdrAble;

/**
 * The calls of a load that follow each other, one outstanding at a time: arguments, result, and the check of it. Used by one thread at a
 * time; {@link #arguments}, {@link #result} and {@link #check} are called in this order for each call.
 */
interface Exchange {

    int procedure();

    /** @param sequence differs from call to call */
    XdrAble arguments(long sequence);

    XdrAble result();

    /**
     * Checks the result.
     *
     * @throws IOException when it is not the right one for this call
     */
    void check() throws IOException;
}
