// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.gss;

import java.io.IOException;

/** A way to a server for whole RPC messages. One thread. */
@FunctionalInterface
public interface Wire {

    /**
     * Sends a call and waits for its reply.
     *
     * @param call from the xid on
     * @return the reply from the xid on
     */
    byte[] exchange(byte[] call) throws IOException;
}
