// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool;

import java.util.List;

/**
 * The flag by which a JVM of ours may call libibverbs without a warning (JEP 472). The transport lies in an unnamed module, and the
 * manifest of an agent cannot give it that right: {@code Enable-Native-Access} counts only in the jar of {@code java -jar}.
 */
public final class NativeAccess {

    private NativeAccess() {}

    /** For a child JVM of the version that runs this; empty where there is nothing to allow. */
    public static List<String> flags() {
        return flags(Runtime.version().feature());
    }

    static List<String> flags(int feature) {
        return feature >= 22 ? List.of("--enable-native-access=ALL-UNNAMED") : List.of();
    }
}
