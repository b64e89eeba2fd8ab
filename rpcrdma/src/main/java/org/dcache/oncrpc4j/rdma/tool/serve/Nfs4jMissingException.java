// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.serve;

import java.io.IOException;

/** nfs4j was asked for and is not on the class path, or something else that was named for it is not there. */
final class Nfs4jMissingException extends IOException {

    private static final long serialVersionUID = 1;

    Nfs4jMissingException(String message) {
        super(message);
    }
}
