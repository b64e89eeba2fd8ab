// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.xdr;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import org.glassfish.grizzly.FileChunk;

/** A chunk of so many bytes that says nothing of where they are; a test that lets it be written to a channel says how. */
abstract class TestChunk implements FileChunk {

    int count;

    TestChunk(int count) {
        this.count = count;
    }

    @Override
    public long writeTo(WritableByteChannel channel) throws IOException {
        throw new AssertionError("not by a channel");
    }

    @Override
    public boolean hasRemaining() {
        return count > 0;
    }

    @Override
    public int remaining() {
        return count;
    }

    @Override
    public boolean release() {
        return true;
    }

    @Override
    public boolean isExternal() {
        return true;
    }
}
