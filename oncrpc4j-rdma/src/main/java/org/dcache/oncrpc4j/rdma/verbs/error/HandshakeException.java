// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs.error;

/** The connection did not come up, for a reason that none of the others names; mostly the peer's part of it was not acceptable. */
public class HandshakeException extends VerbsException {

    private static final long serialVersionUID = 1L;

    public HandshakeException(String message) {
        super(message);
    }

    public HandshakeException(String message, Throwable cause) {
        super(message, cause);
    }
}
