// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.xdr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.verbs.Adapter;
import org.dcache.oncrpc4j.rdma.verbs.MemoryBudget;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.link.DevicePool;
import org.dcache.oncrpc4j.rdma.xprt.memory.Regbuf;
import org.dcache.oncrpc4j.rdma.xprt.memory.RegbufPool;
import org.dcache.oncrpc4j.xdr.BadXdrOncRpcException;
import org.glassfish.grizzly.FileChunk;
import org.glassfish.grizzly.FileTransfer;
import org.glassfish.grizzly.memory.ByteBufferWrapper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an application encodes into, and decodes from, recycled memory. */
class RdmaXdrTest {

    private Adapter adapter;
    private RegbufPool pool;
    private RegbufMemoryManager memory;

    @BeforeEach
    void open() throws IOException {
        adapter = DevicePool.installed().stream().filter(p -> p.name().equals("iwarp")).findFirst().orElseThrow()
                .open(Configuration.of(Map.of()));
        pool = new RegbufPool(adapter, new MemoryBudget(8 << 20), Counters.process().child(), Runnable::run);
        memory = new RegbufMemoryManager(pool, false, false);
        List<Regbuf> dirty = new ArrayList<>();
        for (int size : new int[] {4096, 4096, 8192, 16384, 32768, 65536}) {
            Regbuf regbuf = pool.acquire(size);
            for (int i = 0; i < regbuf.capacity(); i++) {
                regbuf.memory().put(i, (byte) -1);
            }
            dirty.add(regbuf);
        }
        dirty.forEach(Regbuf::release);
    }

    @AfterEach
    void close() {
        assertThat(pool.inUse()).isZero();
        pool.close();
        adapter.close();
    }

    private interface Encoding {
        void into(RdmaXdr xdr, byte[] content) throws IOException;
    }

    /** Encodes opaques of many lengths and expects zeros behind each. */
    private void padIsZero(Encoding encoding) throws IOException {
        for (int length : new int[] {1, 2, 3, 5, 1021, 5001, 4090, 20_003}) {
            byte[] content = new byte[length];
            Arrays.fill(content, (byte) 0x55);
            RdmaXdr xdr = new RdmaXdr(memory.allocate(100), memory);
            xdr.beginEncoding();
            xdr.xdrEncodeInt(7);
            encoding.into(xdr, content);
            xdr.xdrEncodeInt(9);
            xdr.endEncoding();
            ByteBuffer encoded = xdr.asBuffer().toByteBuffer();
            ByteBuffer expected = ByteBuffer.allocate(12 + (length + 3 & ~3));
            expected.putInt(7).putInt(length).put(content).putInt(expected.capacity() - 4, 9).clear();
            assertThat(encoded).as("an opaque of %d bytes", length).isEqualTo(expected);
            xdr.close();
        }
    }

    @Test
    void thePadOfAnOpaqueIsZero() throws IOException {
        padIsZero((xdr, content) -> xdr.xdrEncodeDynamicOpaque(content));
    }

    @Test
    void thePadOfAByteBufferIsZero() throws IOException {
        padIsZero((xdr, content) -> xdr.xdrEncodeByteBuffer(ByteBuffer.wrap(content)));
    }

    @Test
    void thePadOfABufferByReferenceIsZero() throws IOException {
        padIsZero((xdr, content) -> xdr.xdrEncodeShallowByteBuffer(new ByteBufferWrapper(ByteBuffer.wrap(content))));
    }

    @Test
    void thePadOfAPartOfAFileIsZero(@TempDir Path folder) throws IOException {
        padIsZero((xdr, content) -> xdr.xdrEncodeFileChunk(new FileTransfer(Files.write(folder.resolve("part"), content).toFile())));
    }

    /** A chunk that says nothing of where its bytes are. */
    private static FileChunk foreign(byte[] content) {
        return new TestChunk(content.length) {
            @Override
            public long writeTo(WritableByteChannel channel) throws IOException {
                int n = channel.write(ByteBuffer.wrap(content, content.length - count, count));
                count -= n;
                return n;
            }
        };
    }

    @Test
    void aForeignChunkIsWritten() throws IOException {
        padIsZero((xdr, content) -> xdr.xdrEncodeFileChunk(foreign(content)));
    }

    private long copied(FileChunk chunk) {
        long before = Counters.process().get(XprtCounter.BULK_BYTES_COPIED);
        try (RdmaXdr xdr = new RdmaXdr(memory.allocate(100), memory)) {
            xdr.beginEncoding();
            xdr.xdrEncodeFileChunk(chunk);
        }
        return Counters.process().get(XprtCounter.BULK_BYTES_COPIED) - before;
    }

    @Test
    void aFileReadByPositionIsNotCopiedAForeignChunkIs(@TempDir Path folder) throws IOException {
        assertThat(copied(new FileTransfer(Files.write(folder.resolve("part"), new byte[50_000]).toFile()))).isZero();
        assertThat(copied(foreign(new byte[50_000]))).isEqualTo(50_000);
    }

    private interface Decoding {
        Object from(RdmaXdr xdr) throws IOException;
    }

    /** A gigabyte and more is promised, eight bytes are there: the heap of this JVM has no room for the promise. */
    @Test
    void aCountThatPromisesMoreThanTheMessageHoldsCostsNothing() {
        List<Decoding> decodings = List.of(RdmaXdr::xdrDecodeDynamicOpaque, RdmaXdr::xdrDecodeString, RdmaXdr::xdrDecodeIntVector,
                RdmaXdr::xdrDecodeLongVector, RdmaXdr::xdrDecodeFloatVector, RdmaXdr::xdrDecodeDoubleVector, RdmaXdr::xdrDecodeByteVector,
                RdmaXdr::xdrDecodeShortVector, RdmaXdr::xdrDecodeByteBuffer);
        for (int count : new int[] {Integer.MAX_VALUE - 8, 0x60000000, -1, Integer.MIN_VALUE, 3_000}) {
            for (int i = 0; i < decodings.size(); i++) {
                Decoding decoding = decodings.get(i);
                RdmaXdr xdr = new RdmaXdr(ByteBuffer.allocate(12).putInt(0, count), true, memory);
                xdr.beginDecoding();
                assertThatExceptionOfType(BadXdrOncRpcException.class).as("decoding %d, count %d", i, count)
                        .isThrownBy(() -> decoding.from(xdr));
            }
        }
    }
}
