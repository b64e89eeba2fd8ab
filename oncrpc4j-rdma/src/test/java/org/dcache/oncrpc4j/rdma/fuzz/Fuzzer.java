// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.fuzz;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * Runs a target with very many inputs in a plain loop. In a normal build a fixed seed and a number that takes a second or so; with {@code
 * -Pfuzz} as many as {@code fuzz.times} times that. {@code -Dfuzz.seed=n} for others. What fails is shown as seed, number and hex, and can
 * be added to the corpus.
 */
public final class Fuzzer {

    private static final long SEED = Long.getLong("fuzz.seed", 20049);
    private static final int TIMES = Integer.getInteger("fuzz.times", 1);

    private Fuzzer() {}

    /**
     * @param name of the target, for people
     * @param inputs in a normal build
     * @param longest bytes of an input
     */
    public static void run(String name, List<byte[]> corpus, long inputs, int longest, FuzzTarget target) {
        Mutations mutations = new Mutations(corpus, longest);
        long count = inputs * TIMES;
        for (byte[] good : corpus) {
            run(name + ", corpus", -1, good.clone(), good.length, target);
        }
        for (long n = 0; n < count; n++) {
            int length = mutations.make(SEED, n);
            run(name, n, mutations.data(), length, target);
        }
        if (TIMES > 1) {
            System.out.println("fuzz: " + name + ": " + count + " inputs, seed " + SEED);
        }
    }

    private static void run(String name, long n, byte[] data, int length, FuzzTarget target) {
        try {
            target.run(data, length);
        } catch (Exception | Error e) {
            throw new AssertionError(name + ": input " + n + " of seed " + SEED + ", " + length + " bytes: "
                    + HexFormat.of().formatHex(Arrays.copyOf(data, length)), e);
        }
    }
}
