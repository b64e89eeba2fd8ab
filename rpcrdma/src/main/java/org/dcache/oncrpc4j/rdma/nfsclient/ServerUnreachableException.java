// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfsclient;

import java.io.IOException;

/** No answer came in the time that the options allow, over all attempts. Whether the call was executed is not known. */
public final class ServerUnreachableException extends IOException {

    private static final long serialVersionUID = 1L;

    ServerUnreachableException(String message, Throwable cause) {
        super(message, cause);
    }
}
