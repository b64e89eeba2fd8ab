// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench;

import org.dcache.oncrpc4j.rdma.tool.bench.app.Operation;

/** The system calls of both processes of a pair. */
record SystemCalls(CallCounts client, CallCounts server) {

    /** The side that sends the data of this operation. */
    CallCounts sender(Operation operation) {
        return operation == Operation.WRITE ? client : server;
    }

    CallCounts receiver(Operation operation) {
        return operation == Operation.WRITE ? server : client;
    }
}
