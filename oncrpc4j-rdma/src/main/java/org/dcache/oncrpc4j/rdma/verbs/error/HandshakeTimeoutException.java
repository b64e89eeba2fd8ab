// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs.error;

import java.util.concurrent.TimeoutException;

/**
 * The peer did not complete the connection handshake in time. Its cause is a {@link TimeoutException}, which is what programs look for:
 * oncrpc4j's TCP gives an IOException with that cause.
 */
public class HandshakeTimeoutException extends VerbsException {

    private static final long serialVersionUID = 1L;

    public HandshakeTimeoutException(String message) {
        super(message, new TimeoutException(message));
    }
}
