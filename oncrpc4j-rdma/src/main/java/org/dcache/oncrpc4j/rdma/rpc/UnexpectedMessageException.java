// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import java.io.IOException;

/** Something was given to the transport that is neither a call nor the reply to a call of this connection. */
public class UnexpectedMessageException extends IOException {

    private static final long serialVersionUID = 1L;

    public UnexpectedMessageException(String message) {
        super(message);
    }
}
