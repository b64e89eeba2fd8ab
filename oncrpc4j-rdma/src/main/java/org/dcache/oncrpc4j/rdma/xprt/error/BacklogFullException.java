// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.error;

import java.io.IOException;

/** Too many calls wait for credits of one connection, see {@code oncrpc.rdma.backlog}. */
public class BacklogFullException extends IOException {

    private static final long serialVersionUID = 1L;

    public BacklogFullException(String message) {
        super(message);
    }
}
