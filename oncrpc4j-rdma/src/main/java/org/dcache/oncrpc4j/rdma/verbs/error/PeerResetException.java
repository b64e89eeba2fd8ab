// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs.error;

/** The connection broke: reset, or closed in the middle of a message. */
public class PeerResetException extends VerbsException {

    private static final long serialVersionUID = 1L;

    public PeerResetException(String message) {
        super(message);
    }

    public PeerResetException(String message, Throwable cause) {
        super(message, cause);
    }
}
