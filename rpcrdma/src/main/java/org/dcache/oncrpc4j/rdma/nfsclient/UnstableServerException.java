// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfsclient;

import java.io.IOException;

/** Data was written several times, but the server's write verifier changed each time before the data was committed. */
public final class UnstableServerException extends IOException {

    private static final long serialVersionUID = 1L;

    UnstableServerException(String message) {
        super(message);
    }
}
