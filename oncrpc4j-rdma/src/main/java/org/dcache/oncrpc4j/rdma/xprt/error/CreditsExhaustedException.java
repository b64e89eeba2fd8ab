// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.error;

import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;

/** All credits of a connection are held by calls that were given up and never answered, see {@code oncrpc.rdma.given-up-timeout}. */
public class CreditsExhaustedException extends VerbsException {

    private static final long serialVersionUID = 1L;

    public CreditsExhaustedException(String message) {
        super(message);
    }
}
