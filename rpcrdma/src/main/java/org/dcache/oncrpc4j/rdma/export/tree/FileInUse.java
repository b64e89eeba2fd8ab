// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * A file of a {@link DirectoryTree} between a procedure's open and its close, on a channel that {@link OpenFiles} shares among threads,
 * each of which says where. One thread, without the tree's lock. After a failure it may have read or written a part.
 */
final class FileInUse implements ExportTree.OpenFile {

    private final OpenFiles.Use use;
    private final Durability durability;

    FileInUse(OpenFiles.Use use, Durability durability) {
        this.use = use;
        this.durability = durability;
    }

    @Override
    public int read(long offset, ByteBuffer target) throws IOException {
        int begin = target.position();
        while (target.hasRemaining() && use.channel().read(target, offset + target.position() - begin) > 0) {
            // One read(2) may bring less than was asked for.
            continue;
        }
        return target.position() - begin;
    }

    @Override
    public void write(long offset, ByteBuffer source) throws IOException {
        int begin = source.position();
        while (source.hasRemaining()) {
            use.channel().write(source, offset + source.position() - begin);
        }
    }

    @Override
    public void resize(long size) throws IOException {
        FileChannel channel = use.channel();
        long now = channel.size();
        if (size < now) {
            channel.truncate(size);
        } else if (size > now) {
            channel.write(ByteBuffer.allocate(1), size - 1);
        }
    }

    @Override
    public void force(boolean metadata) throws IOException {
        durability.force(use.channel(), metadata);
    }

    @Override
    public void close() {
        use.close();
    }
}
