// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.stat;

import java.io.IOException;
import java.util.List;

/** A JVM whose services can be looked at, again and again. Its text names it in messages. One thread. */
interface ObservedJvm extends AutoCloseable {

    /** All its services at about this moment. */
    List<ServiceSample> services() throws IOException;

    @Override
    void close();
}
