// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.error;

import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;

/** The Read chunks of a call could not be pulled within {@code oncrpc.rdma.read-timeout}; the connection was closed for it. */
public class ReadTimeoutException extends VerbsException {

    private static final long serialVersionUID = 1L;

    public ReadTimeoutException(String message) {
        super(message);
    }
}
