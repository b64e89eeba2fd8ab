// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.xdr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.dcache.oncrpc4j.rdma.rpc.harness.EchoProgram;
import org.glassfish.grizzly.FileTransfer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PositionalChunkTest {

    private static final byte[] FILE = EchoProgram.pattern(1 << 20);

    @TempDir
    private Path folder;

    /** As the channel of a replica in a dCache pool: it is no FileChannel. */
    public interface Replica {
        int read(ByteBuffer target, long position) throws IOException;
    }

    private static final class CountingReplica implements Replica {
        int reads;
        int most = Integer.MAX_VALUE;

        @Override
        public int read(ByteBuffer target, long position) {
            reads++;
            int n = (int) Math.min(Math.min(target.remaining(), most), FILE.length - position);
            if (n <= 0) {
                return -1;
            }
            target.put(FILE, (int) position, n);
            return n;
        }
    }

    /** The shape of a dCache pool's chunk. */
    private static final class PoolChunk extends TestChunk {
        private final Replica channel;
        private final long position;

        PoolChunk(Replica channel, long position, int count) {
            super(count);
            this.channel = channel;
            this.position = position;
        }
    }

    private static final class TwoFiles extends TestChunk {
        final Replica one = new CountingReplica();
        final Replica two = new CountingReplica();
        final long position = 0;

        TwoFiles() {
            super(1);
        }
    }

    private static final class NoPosition extends TestChunk {
        final Replica one = new CountingReplica();

        NoPosition() {
            super(1);
        }
    }

    /** Its place is the sum of two. */
    private static final class OffsetInAPart extends TestChunk {
        final Replica one = new CountingReplica();
        final long offset = 0;
        final long part = 100;

        OffsetInAPart() {
            super(1);
        }
    }

    /** Its place may be reckoned from what lies around it. */
    private final class Inner extends TestChunk {
        final Replica one = new CountingReplica();
        final long offset = folder == null ? 1 : 0;

        Inner() {
            super(1);
        }
    }

    private static ByteBuffer part(int from, int length) {
        return ByteBuffer.wrap(FILE, from, length).slice();
    }

    @Test
    void aPoolsChunkIsReadByOneCallFromItsPosition() throws IOException {
        CountingReplica replica = new CountingReplica();
        ByteBuffer target = ByteBuffer.allocateDirect(700_000);
        assertThat(PositionalChunk.read(new PoolChunk(replica, 100_001, 700_000), target)).isTrue();
        assertThat(target.flip()).isEqualTo(part(100_001, 700_000));
        assertThat(replica.reads).isEqualTo(1);
    }

    @Test
    void shortReadsGoOn() throws IOException {
        CountingReplica replica = new CountingReplica();
        replica.most = 100_000;
        ByteBuffer target = ByteBuffer.allocateDirect(250_000);
        assertThat(PositionalChunk.read(new PoolChunk(replica, 7, 250_000), target)).isTrue();
        assertThat(target.flip()).isEqualTo(part(7, 250_000));
        assertThat(replica.reads).isEqualTo(3);
    }

    @Test
    void aFileThatEndsEarlyFails() {
        PoolChunk chunk = new PoolChunk(new CountingReplica(), FILE.length - 10, 11);
        assertThatThrownBy(() -> PositionalChunk.read(chunk, ByteBuffer.allocate(11))).isInstanceOf(EOFException.class)
                .hasMessageContaining("ended 1 bytes early").hasMessageContaining(Integer.toString(FILE.length));
    }

    @Test
    void grizzlysChunkIsReadSo() throws IOException {
        FileTransfer chunk = new FileTransfer(Files.write(folder.resolve("file"), FILE).toFile(), 4096, 65_537);
        ByteBuffer target = ByteBuffer.allocateDirect(65_537);
        assertThat(PositionalChunk.read(chunk, target)).isTrue();
        assertThat(target.flip()).isEqualTo(part(4096, 65_537));
        chunk.release();
    }

    @Test
    void aClassThatMayMeanSomethingElseIsLeftAlone() throws IOException {
        ByteBuffer target = ByteBuffer.allocate(1);
        assertThat(PositionalChunk.read(new TwoFiles(), target)).isFalse();
        assertThat(PositionalChunk.read(new NoPosition(), target)).isFalse();
        assertThat(PositionalChunk.read(new OffsetInAPart(), target)).isFalse();
        assertThat(PositionalChunk.read(new Inner(), target)).isFalse();
        assertThat(PositionalChunk.read(new PoolChunk(null, 0, 1), target)).isFalse();
        assertThat(target.position()).isZero();
    }
}
