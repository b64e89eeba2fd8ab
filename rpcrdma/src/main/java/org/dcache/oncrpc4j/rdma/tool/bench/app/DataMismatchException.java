// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

import java.io.IOException;

/** Data arrived that was not sent so: a defect of a transport, never a condition of the network. */
final class DataMismatchException extends IOException {

    private static final long serialVersionUID = 1L;

    DataMismatchException(String message) {
        super(message);
    }
}
