// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs;

import java.nio.ByteBuffer;

/** Local registered memory; no remote rights. Close it only when no request uses it any more. */
public interface MemoryRegion extends AutoCloseable {

    ByteBuffer memory();

    @Override
    void close();
}
