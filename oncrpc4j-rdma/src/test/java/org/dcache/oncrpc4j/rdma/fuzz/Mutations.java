// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.fuzz;

import java.util.List;

/**
 * Makes inputs out of good ones: changed bits, bytes and words, often to values that are odd for lengths and counts, parts left out,
 * repeated or taken from another input, ends cut off. The same seed and number give the same input, whatever came before. One thread;
 * nothing is allocated.
 */
final class Mutations {

    private static final int[] ODD = {0, 1, 2, 3, 4, 5, 7, 8, 16, 24, 255, 256, 4096, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7ffffffc,
            0x7fffffff, 0x80000000, -1, -4,
        0x3fffffff, 0x40000000, 0x55555555, 100003};

    private final List<byte[]> corpus;
    private final byte[] data;
    private long state;
    private int length;

    /** @param longest bytes that an input may have */
    Mutations(List<byte[]> corpus, int longest) {
        this.corpus = corpus;
        this.data = new byte[longest];
    }

    byte[] data() {
        return data;
    }

    /** Makes the n-th input of a seed. @return its length */
    int make(long seed, long n) {
        state = mix(seed * 0x9e3779b97f4a7c15L + n);
        byte[] good = corpus.get(below(corpus.size()));
        length = Math.min(good.length, data.length);
        System.arraycopy(good, 0, data, 0, length);
        for (int i = 1 + (below(4) == 0 ? below(12) : below(3)); i > 0; i--) {
            mutate();
        }
        return length;
    }

    private void mutate() {
        switch (below(12)) {
            case 0, 1, 2, 3 -> word(ODD[below(ODD.length)]);
            case 4 -> word(below(64));
            case 5 -> word((int) next());
            case 6 -> octet((byte) next());
            case 7 -> bit();
            case 8 -> length = below(length + 1);
            case 9 -> move(false);
            case 10 -> move(true);
            default -> splice();
        }
    }

    /** Mostly at a multiple of four, as all XDR is, and mostly near the start. */
    private void word(int value) {
        int words = length / 4;
        if (words == 0) {
            return;
        }
        int at = 4 * below(below(2) == 0 ? Math.min(words, 24) : words);
        if (below(8) == 0) {
            at = Math.min(length - 4, at + 2);
        }
        data[at] = (byte) (value >>> 24);
        data[at + 1] = (byte) (value >>> 16);
        data[at + 2] = (byte) (value >>> 8);
        data[at + 3] = (byte) value;
    }

    private void octet(byte value) {
        if (length > 0) {
            data[below(length)] = value;
        }
    }

    private void bit() {
        if (length > 0) {
            data[below(below(2) == 0 ? length : Math.min(length, 64))] ^= (byte) (1 << below(8));
        }
    }

    /** Leaves out some words, or has some twice. */
    private void move(boolean twice) {
        int words = length / 4;
        if (words < 2) {
            return;
        }
        int at = 4 * below(words);
        int bytes = Math.min(length - at, 4 * (1 + below(12)));
        if (!twice) {
            System.arraycopy(data, at + bytes, data, at, length - at - bytes);
            length -= bytes;
        } else if (length + bytes <= data.length) {
            System.arraycopy(data, at, data, at + bytes, length - at);
            length += bytes;
        }
    }

    private void splice() {
        byte[] other = corpus.get(below(corpus.size()));
        int from = 4 * below(other.length / 4 + 1);
        int at = Math.min(length, 4 * below(length / 4 + 1));
        int bytes = Math.min(Math.min(other.length - from, data.length - at), 4 * below(64));
        System.arraycopy(other, from, data, at, Math.max(0, bytes));
        length = Math.max(length, at + Math.max(0, bytes));
    }

    private int below(int bound) {
        return (int) ((next() >>> 33) * bound >>> 31);
    }

    private long next() {
        state += 0x9e3779b97f4a7c15L;
        return mix(state);
    }

    private static long mix(long value) {
        long z = (value ^ value >>> 30) * 0xbf58476d1ce4e5b9L;
        z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
        return z ^ z >>> 31;
    }
}
