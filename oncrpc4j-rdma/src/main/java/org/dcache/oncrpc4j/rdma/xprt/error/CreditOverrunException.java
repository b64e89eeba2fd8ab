// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.error;

import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;

/** The peer had more calls or unread answers outstanding than its credits allow; the connection was closed for it. */
public class CreditOverrunException extends VerbsException {

    private static final long serialVersionUID = 1L;

    public CreditOverrunException(String message) {
        super(message);
    }
}
