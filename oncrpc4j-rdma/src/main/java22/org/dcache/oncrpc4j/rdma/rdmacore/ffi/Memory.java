// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Memory of the C side by address: fields of structures that belong to the libraries, and blocks of our own for those that we fill.
 * Stateless.
 *
 * <p>Nothing here checks that an address is alive: who calls must own what is there, or hold the lock that keeps it from being freed.
 */
public final class Memory {

    private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private Memory() {}

    public static byte getByte(long address) {
        return ALL.get(ValueLayout.JAVA_BYTE, address);
    }

    public static int getInt(long address) {
        return ALL.get(ValueLayout.JAVA_INT, address);
    }

    public static long getLong(long address) {
        return ALL.get(ValueLayout.JAVA_LONG, address);
    }

    public static void putByte(long address, int value) {
        ALL.set(ValueLayout.JAVA_BYTE, address, (byte) value);
    }

    static void putShort(long address, int value) {
        ALL.set(ValueLayout.JAVA_SHORT, address, (short) value);
    }

    public static void putInt(long address, int value) {
        ALL.set(ValueLayout.JAVA_INT, address, value);
    }

    public static void putLong(long address, long value) {
        ALL.set(ValueLayout.JAVA_LONG, address, value);
    }

    public static void clear(long address, long bytes) {
        ALL.asSlice(address, bytes).fill((byte) 0);
    }

    public static void copyOut(long from, byte[] to) {
        MemorySegment.copy(ALL, ValueLayout.JAVA_BYTE, from, to, 0, to.length);
    }

    public static void copyIn(byte[] from, long to) {
        MemorySegment.copy(from, 0, ALL, ValueLayout.JAVA_BYTE, to, from.length);
    }

    /** Copies the bytes between position and limit; the position stays. */
    public static void copyIn(ByteBuffer from, long to) {
        MemorySegment.copy(MemorySegment.ofBuffer(from), 0, ALL, to, from.remaining());
    }

    /** Fills the bytes between position and limit; the position stays. */
    public static void copyOut(long from, ByteBuffer to) {
        MemorySegment.copy(ALL, from, MemorySegment.ofBuffer(to), 0, to.remaining());
    }

    /** Address of the byte at the position of a direct buffer. */
    public static long address(ByteBuffer direct) {
        return MemorySegment.ofBuffer(direct).address();
    }

    /** A C string in a field of this size. */
    public static String string(long address, int size) {
        byte[] bytes = new byte[size];
        copyOut(address, bytes);
        int length = 0;
        while (length < size && bytes[length] != 0) {
            length++;
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    /** A block of our own, zeroed, aligned to 64 bytes; freed by {@link #close}, after which nobody may use its address. */
    public static final class Block implements AutoCloseable {

        private final Arena arena = Arena.ofShared();
        private final long address;

        public Block(long bytes) {
            address = arena.allocate(Math.max(1, bytes), 64).address();
        }

        public long address() {
            return address;
        }

        @Override
        public void close() {
            arena.close();
        }
    }
}
