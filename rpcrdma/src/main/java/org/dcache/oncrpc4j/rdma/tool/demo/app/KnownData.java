// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.demo.app;

import java.util.Arrays;
import java.util.Random;

/**
 * The data that both sides know. Each call takes another stretch of it, so that bytes of an earlier call, or bytes that were moved
 * by some words, are not mistaken for the right ones.
 */
final class KnownData {

    static final int MAX_LENGTH = 1 << 20;

    /** A prime, so that the stretches of successive calls differ in all low bits. */
    private static final int STRIDE = 10_007;
    private static final int STRETCHES = 97;
    private static final byte[] DATA = new byte[MAX_LENGTH + STRIDE * STRETCHES];

    static {
        new Random(8166).nextBytes(DATA);
    }

    private KnownData() {}

    /** The data of one call. */
    static byte[] of(int call, int length) {
        int from = offset(call);
        return Arrays.copyOfRange(DATA, from, from + length);
    }

    /** Position of the first wrong byte; the shorter length when only that differs; -1 when all is right. */
    static int mismatch(int call, int length, byte[] data) {
        int from = offset(call);
        return Arrays.mismatch(DATA, from, from + length, data, 0, data.length);
    }

    private static int offset(int call) {
        return Math.floorMod(call, STRETCHES) * STRIDE;
    }
}
