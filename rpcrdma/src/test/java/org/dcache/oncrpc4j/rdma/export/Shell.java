// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Commands of the system for tests that need what Java cannot do; without them, or without the right to them, a test is skipped. */
final class Shell {

    private Shell() {}

    /** @return what it printed */
    static String need(String... command) {
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            skipUnless(process.waitFor() == 0, String.join(" ", command) + ": " + output.strip());
            return output.strip();
        } catch (IOException e) {
            skipUnless(false, e.getMessage());
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    static void skipUnless(boolean possible, String why) {
        if (!possible) {
            System.out.println("SKIPPED: " + why);
        }
        assumeTrue(possible, why);
    }
}
