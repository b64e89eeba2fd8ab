// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

import java.io.IOException;

/** What a client JVM speaks with its server: the measuring program, or NFS. Any thread. */
interface Protocol {

    int program();

    int version();

    /**
     * Makes the server ready for a load; not measured.
     *
     * @param everyByte compare all data, not only the tags; for warming up
     * @return makes the exchange of each outstanding call
     */
    Supply prepare(Point point, boolean everyByte) throws IOException;

    /** Makes exchanges; any thread. */
    interface Supply {
        Exchange exchange();
    }
}
