// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

import java.io.IOException;

/** The protocol between a client JVM and its server: the measuring program's own, or NFS. Any thread. */
interface Protocol {

    int program();

    int version();

    /**
     * Prepares a load on the server; not measured.
     *
     * @param everyByte compare all data, not only the tags; for warming up
     * @return makes an exchange for each outstanding call
     */
    Supply prepare(Point point, boolean everyByte) throws IOException;

    /** Makes exchanges; any thread. */
    interface Supply {
        Exchange exchange();
    }
}
