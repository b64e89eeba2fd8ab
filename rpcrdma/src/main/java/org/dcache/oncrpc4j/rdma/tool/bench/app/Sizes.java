// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

import java.util.Locale;
import org.dcache.oncrpc4j.rdma.bench.BenchProtocol;

/** Sizes as people write them: {@code 512}, {@code 64k}, {@code 1m}. */
public final class Sizes {

    private Sizes() {}

    /**
     * @throws IllegalArgumentException when it is not a size from 1 byte to {@link BenchProtocol#MAX_DATA}
     */
    public static int parse(String text) {
        String t = text.strip().toLowerCase(Locale.ROOT);
        int shift = t.endsWith("m") ? 20 : t.endsWith("k") ? 10 : 0;
        try {
            long value = Long.parseLong(shift == 0 ? t : t.substring(0, t.length() - 1));
            if (value >= 1 && value <= BenchProtocol.MAX_DATA >> shift) {
                return (int) (value << shift);
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(complaint(text), e);
        }
        throw new IllegalArgumentException(complaint(text));
    }

    private static String complaint(String text) {
        return "size '" + text + "': expected bytes from 1 to 16m, such as 512, 64k or 1m";
    }

    public static String text(int bytes) {
        if (bytes >= 1 << 20 && bytes % (1 << 20) == 0) {
            return (bytes >> 20) + " MiB";
        }
        return bytes >= 1 << 10 && bytes % (1 << 10) == 0 ? (bytes >> 10) + " KiB" : bytes + " B";
    }
}
