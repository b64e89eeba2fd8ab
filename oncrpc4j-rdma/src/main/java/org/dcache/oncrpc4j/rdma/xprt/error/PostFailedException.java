// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.error;

import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;

/** A message could not be given to the provider, by a fault of ours or of the provider's: whether it has left is not known. */
public class PostFailedException extends VerbsException {

    private static final long serialVersionUID = 1L;

    public PostFailedException(String message, Throwable cause) {
        super(message, cause);
    }
}
