// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.provider;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.Optional;
import org.dcache.oncrpc4j.rdma.it.jvm.Jdks;

/** What tests of the jar's part for Java 22 need; they are skipped, and say why, where it is not there. */
final class Java22 {

    private Java22() {}

    /** A JDK for it. */
    static Path require() {
        Optional<Path> newer = Jdks.atLeast(22);
        skipUnless(newer.isPresent(), "no JDK 22 or newer beside the one that runs the tests");
        skipUnless(!Boolean.parseBoolean(System.getProperty("java22.skip", "true")), "this build has no part for Java 22");
        return newer.orElseThrow();
    }

    static void skipUnless(boolean met, String reason) {
        if (!met) {
            System.out.println("skipped: " + reason);
        }
        assumeTrue(met, reason);
    }
}
