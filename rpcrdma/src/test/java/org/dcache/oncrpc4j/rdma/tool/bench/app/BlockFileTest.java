// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import org.glassfish.grizzly.FileChunk;
import org.junit.jupiter.api.Test;

class BlockFileTest {

    private final Pattern pattern = new Pattern(20_001);
    private final BlockFile file = new BlockFile(pattern);

    private ByteBuffer read(long tag) throws IOException {
        FileChunk chunk = file.read(tag);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        while (chunk.hasRemaining()) {
            assertThat(chunk.writeTo(Channels.newChannel(bytes))).isPositive();
        }
        return ByteBuffer.wrap(bytes.toByteArray());
    }

    @Test
    void everyBlockHasItsOwnTagAndItsMarkIsNotInTheData() throws IOException {
        for (int block = 0; block < Tags.BLOCKS; block++) {
            pattern.check(read(Tags.ofBlock(block, true)), Tags.ofBlock(block, false), true);
        }
    }

    @Test
    void whatIsWrittenIsReadAndNothingBesideIt() throws IOException {
        ByteBuffer other = ByteBuffer.allocate(pattern.size());
        file.write(Tags.ofBlock(3, true), other);
        assertThat(read(Tags.ofBlock(3, false))).isEqualTo(other.flip());
        pattern.check(read(Tags.ofBlock(2, false)), Tags.ofBlock(2, false), true);
        pattern.check(read(Tags.ofBlock(4, false)), Tags.ofBlock(4, false), true);
    }
}
