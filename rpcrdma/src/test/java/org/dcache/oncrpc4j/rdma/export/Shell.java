// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Commands of the system for tests that need what Java cannot do; without them, or without the right to them, a test is skipped. */
final class Shell {

    private static final int NO_COMMAND = 127;

    private Shell() {}

    record Result(int status, String output) {}

    /** @return what it printed, with a status of 127 if there is no such command */
    static Result run(String... command) {
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new Result(process.waitFor(), output.strip());
        } catch (IOException e) {
            return new Result(NO_COMMAND, e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** @return what it printed */
    static String need(String... command) {
        Result result = run(command);
        skipUnless(result.status() == 0, String.join(" ", command) + ": " + result.output());
        return result.output();
    }

    static void skipUnless(boolean possible, String why) {
        if (!possible) {
            System.out.println("SKIPPED: " + why);
        }
        assumeTrue(possible, why);
    }
}
