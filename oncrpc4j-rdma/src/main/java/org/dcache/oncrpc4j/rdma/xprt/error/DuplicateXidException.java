// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.error;

import java.io.EOFException;

/** A call with the same xid is pending on the connection; sending both would mix up their replies. An
 * {@link EOFException}, because that is what oncrpc4j's reply queue may throw. */
public class DuplicateXidException extends EOFException {

    private static final long serialVersionUID = 1L;

    public DuplicateXidException(String message) {
        super(message);
    }
}
