// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs.error;

/** Nothing happened on the connection for the configured time. */
public class IdleTimeoutException extends VerbsException {

    private static final long serialVersionUID = 1L;

    public IdleTimeoutException(String message) {
        super(message);
    }
}
