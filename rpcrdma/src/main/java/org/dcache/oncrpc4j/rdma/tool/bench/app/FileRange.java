// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import org.glassfish.grizzly.FileChunk;

/**
 * A part of a file as data of a reply, with the same fields as the class of dCache's pools: over TCP it writes itself to the socket by
 * {@code transferTo}. The file is its caller's, and must stay open until the reply has left. One thread.
 */
public final class FileRange implements FileChunk {

    private final FileChannel channel;
    private long position;
    private int count;

    public FileRange(FileChannel channel, long position, int count) {
        this.channel = channel;
        this.position = position;
        this.count = count;
    }

    @Override
    public long writeTo(WritableByteChannel target) throws IOException {
        long n = channel.transferTo(position, count, target);
        position += n;
        count -= (int) n;
        return n;
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
