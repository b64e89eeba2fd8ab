// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfsclient;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Takes the content of a file, block after block, each byte once. */
@FunctionalInterface
public interface BlockSink {

    /** @param data the sink's to keep; not empty */
    void take(long offset, ByteBuffer data) throws IOException;
}
