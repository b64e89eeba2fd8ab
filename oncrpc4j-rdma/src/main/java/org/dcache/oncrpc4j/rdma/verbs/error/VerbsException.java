// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs.error;

import java.io.IOException;

/** What went wrong at a provider; each cause has its own subclass. */
public abstract class VerbsException extends IOException {

    private static final long serialVersionUID = 1L;

    protected VerbsException(String message) {
        super(message);
    }

    protected VerbsException(String message, Throwable cause) {
        super(message, cause);
    }
}
