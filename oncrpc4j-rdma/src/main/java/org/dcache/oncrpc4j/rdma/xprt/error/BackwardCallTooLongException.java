// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.error;

import java.io.IOException;

/** A call of the side that accepted the connection does not fit inline, and such calls have no chunks (RFC 8167). */
public class BackwardCallTooLongException extends IOException {

    private static final long serialVersionUID = 1L;

    public BackwardCallTooLongException(String message) {
        super(message);
    }
}
