// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs.app;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The content of one file: words that depend on the file's seed and on the position, so that bytes of another file, of another position, or
 * shifted bytes are detected. Any part can be made by itself. Immutable; any thread.
 */
public final class Content {

    private static final long GOLDEN = 0x9E3779B97F4A7C15L;
    private static final int BLOCK = 64 << 10;

    private final long seed;
    private final long size;

    public Content(long seed, long size) {
        this.seed = seed;
        this.size = size;
    }

    public long size() {
        return size;
    }

    /** The word at {@code 8 * index}, little-endian: SplitMix64 of seed and index. */
    private long word(long index) {
        long z = seed + (index + 1) * GOLDEN;
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }

    /** Bytes from {@code offset} on, to the end of the file or the target's limit; the target is flipped. */
    public ByteBuffer fill(long offset, ByteBuffer target) {
        target.clear().order(ByteOrder.LITTLE_ENDIAN);
        int n = (int) Math.min(target.capacity(), Math.max(0, size - offset));
        int i = 0;
        for (; i < n && (offset + i & 7) != 0; i++) {
            target.put(i, at(offset + i));
        }
        for (; i + 8 <= n; i += 8) {
            target.putLong(i, word(offset + i >>> 3));
        }
        for (; i < n; i++) {
            target.put(i, at(offset + i));
        }
        return target.limit(n);
    }

    private byte at(long position) {
        return (byte) (word(position >>> 3) >>> 8 * (position & 7));
    }

    /** Position in the file of the first byte that differs; -1 if there is none. */
    public long mismatch(long offset, ByteBuffer got) {
        ByteBuffer expected = ByteBuffer.allocate(Math.min(BLOCK, Math.max(1, got.remaining())));
        for (int from = 0; from < got.remaining(); from += BLOCK) {
            ByteBuffer part = got.slice(got.position() + from, Math.min(BLOCK, got.remaining() - from));
            fill(offset + from, expected);
            int wrong = part.mismatch(expected.limit(Math.min(expected.limit(), part.remaining())));
            if (wrong >= 0) {
                return offset + from + wrong;
            }
        }
        return -1;
    }

    /** SHA-256 of the whole content, in hexadecimal. */
    public String digest() {
        MessageDigest digest = newDigest();
        ByteBuffer block = ByteBuffer.allocate(BLOCK);
        for (long offset = 0; offset < size; offset += BLOCK) {
            digest.update(fill(offset, block));
        }
        return text(digest);
    }

    public static MessageDigest newDigest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    public static String text(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest());
    }
}
