// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.jmh;

import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.proto.MalformedHeaderException;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Decoding and encoding RPC-over-RDMA headers; in steady state neither may allocate. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class HeaderCodecBenchmark {

    private static final int MAX_SEGMENTS = 256;

    /** What a Linux client sends for GETATTR, READ and WRITE. */
    public enum Shape {
        INLINE, WRITE_CHUNK, READ_CHUNK
    }

    @Param
    public Shape shape;

    private final RdmaHeader header = new RdmaHeader();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(4096);

    @Setup
    public void prepare() {
        header.reset().xid(0x1234).credits(128);
        switch (shape) {
            case INLINE -> { }
            case WRITE_CHUNK -> {
                header.beginWrite();
                header.addWriteSegment(0x11223344, 1 << 20, 0x1000);
            }
            case READ_CHUNK -> header.addRead(128, 0x11223344, 1 << 20, 0x1000);
        }
        buffer.clear().limit(header.encode(buffer, 0));
    }

    @Benchmark
    public int decode() throws MalformedHeaderException {
        return header.decode(buffer, MAX_SEGMENTS);
    }

    @Benchmark
    public int encode() {
        return header.encode(buffer, 0);
    }
}
