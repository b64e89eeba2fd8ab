// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import java.io.IOException;

/** A call with the same xid is pending on the connection; sending both would mix up their replies. */
public class DuplicateXidException extends IOException {

    private static final long serialVersionUID = 1L;

    public DuplicateXidException(String message) {
        super(message);
    }
}
