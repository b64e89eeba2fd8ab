// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs;

/** The peer did not complete the connection handshake in time. */
public class HandshakeTimeoutException extends VerbsException {

    private static final long serialVersionUID = 1L;

    public HandshakeTimeoutException(String message) {
        super(message);
    }

    public HandshakeTimeoutException(String message, Throwable cause) {
        super(message, cause);
    }
}
