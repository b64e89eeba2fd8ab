// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.glassfish.grizzly.FileChunk;

/**
 * A temporary file of {@value Tags#BLOCKS} blocks of one size, each with its own tag ({@link Tags#ofBlock}), served as dCache's pools serve
 * a replica: a READ's data is a {@link FileRange}, a WRITE is written by position. WRITEs do not change the content. The file is deleted
 * with the end of this JVM. Any thread.
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
            throw new UncheckedIOException("cannot make a temporary file of blocks of " + size + " bytes: " + e.getMessage(), e);
        }
    }

    FileChunk read(long tag) {
        return new FileRange(file, position(tag), size);
    }

    void write(long tag, ByteBuffer data) throws IOException {
        for (long at = position(tag); data.hasRemaining();) {
            at += file.write(data, at);
        }
    }

    private long position(long tag) {
        return (long) Tags.block(tag) * size;
    }
}
