// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.bench.BenchProtocol;
import org.dcache.oncrpc4j.xdr.XdrAble;
import org.dcache.oncrpc4j.xdr.XdrVoid;

/** Calls of the measuring program's own protocol, {@link BenchProtocol}. */
final class BenchExchange implements Exchange {

    private final Point point;
    private final Pattern pattern;
    private final ThreadLocal<ByteBuffer> sources;
    private final Store store;
    private final boolean everyByte;
    private final Wire.Header header = new Wire.Header();
    private final Wire.Data data = new Wire.Data();
    private long tag;

    private BenchExchange(Point point, Pattern pattern, ThreadLocal<ByteBuffer> sources, Store store, boolean everyByte) {
        this.point = point;
        this.pattern = pattern;
        this.sources = sources;
        this.store = store;
        this.everyByte = everyByte;
    }

    /** @param store the server's */
    static Protocol protocol(Store store) {
        return new Protocol() {
            @Override
            public int program() {
                return BenchProtocol.PROGRAM;
            }

            @Override
            public int version() {
                return BenchProtocol.VERSION;
            }

            @Override
            public Supply prepare(Point point, boolean everyByte) {
                Pattern pattern = new Pattern(point.size());
                ThreadLocal<ByteBuffer> sources = ThreadLocal.withInitial(() -> pattern.fill(ByteBuffer.allocate(pattern.size())));
                return () -> new BenchExchange(point, pattern, sources, store, everyByte);
            }
        };
    }

    @Override
    public int procedure() {
        return switch (point.operation()) {
            case NULL -> BenchProtocol.NULL;
            case READ -> BenchProtocol.READ;
            case WRITE -> BenchProtocol.WRITE;
        };
    }

    @Override
    public XdrAble arguments(long sequence) {
        tag = store == Store.FILE ? Tags.ofBlock(sequence, everyByte) : Tags.of(sequence, everyByte);
        return switch (point.operation()) {
            case NULL -> XdrVoid.XDR_VOID;
            case READ -> header.set(tag, point.size());
            case WRITE -> data.set(tag, pattern.stamp(sources.get(), tag), false);
        };
    }

    @Override
    public XdrAble result() {
        return switch (point.operation()) {
            case NULL -> XdrVoid.XDR_VOID;
            case READ -> data;
            case WRITE -> header;
        };
    }

    @Override
    public void check() throws DataMismatchException {
        switch (point.operation()) {
            case NULL -> { }
            case READ -> {
                long expected = store == Store.FIXED ? Tags.FIXED : tag;
                if (data.tag != expected) {
                    throw new DataMismatchException("READ reply of another call: expected tag 0x" + Long.toHexString(expected) + ", got 0x"
                            + Long.toHexString(data.tag));
                }
                pattern.check(data.data, expected, everyByte);
                data.data = null;
            }
            case WRITE -> {
                if (header.tag != tag || header.count != point.size()) {
                    throw new DataMismatchException("WRITE reply of another call: expected tag 0x" + Long.toHexString(tag) + ", count "
                            + point.size() + ", got 0x" + Long.toHexString(header.tag) + ", count " + header.count);
                }
            }
        }
    }
}
