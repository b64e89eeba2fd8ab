// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.glassfish.grizzly.FileChunk;

/**
 * A temporary file of {@value Tags#BLOCKS} blocks of one size, each with its own tag ({@link Tags#ofBlock}), served as dCache's pools serve
 * a replica: a READ's data is a {@link FileChunk} that moves itself to a socket with {@code transferTo}, a WRITE is written by position.
 * What is written is what stands there already. Any thread. The file has no name and is gone with this JVM.
 */
final class BlockFile {

    private final int size;
    private final FileChannel file;

    BlockFile(Pattern pattern) {
        size = pattern.size();
        try {
            Path path = Files.createTempFile("bench-", ".blocks");
            file = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
            ByteBuffer data = pattern.fill(ByteBuffer.allocate(size));
            for (int block = 0; block < Tags.BLOCKS; block++) {
                write(Tags.ofBlock(block, false), pattern.stamp(data, Tags.ofBlock(block, false)));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the file of " + size + " byte blocks cannot be made", e);
        }
    }

    FileChunk read(long tag) {
        return new Range(file, position(tag), size);
    }

    void write(long tag, ByteBuffer data) throws IOException {
        for (long at = position(tag); data.hasRemaining();) {
            at += file.write(data, at);
        }
    }

    private long position(long tag) {
        return (long) Tags.block(tag) * size;
    }

    /** Has the fields of dCache's own. */
    private static final class Range implements FileChunk {

        private final FileChannel channel;
        private long position;
        private int count;

        Range(FileChannel channel, long position, int count) {
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
}
