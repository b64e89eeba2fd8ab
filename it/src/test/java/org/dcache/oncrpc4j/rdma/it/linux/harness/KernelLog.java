// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Finds reports of faults in a guest's kernel log. Stateless.
 *
 * <p>The time-out watchdogs are switched off in the guests ({@code guest.sh}), so that a slow guest reports nothing.
 */
final class KernelLog {

    private static final Pattern FAULT =
            Pattern.compile("\\bBUG: |\\bkernel BUG at |\\bWARNING: |\\bOops\\b|Kernel panic|general protection fault"
            + "|unable to handle|refcount_t: |list_(add|del) corruption|double free|blocked for more than|\\bCall Trace:");

    private KernelLog() {}

    /** The lines that report a fault, each with the lines after it that describe it. */
    static List<String> faults(List<String> log) {
        List<String> found = new ArrayList<>();
        int context = 0;
        for (String line : log) {
            if (FAULT.matcher(line).find()) {
                context = 12;
            }
            if (context > 0) {
                found.add(line);
                context--;
            }
        }
        return found;
    }

    /** The lines of a log file; none if the guest has not written it. */
    static List<String> read(Path file) {
        try {
            // a kernel that dies may leave any bytes
            return Files.exists(file) ? Files.readString(file, StandardCharsets.ISO_8859_1).lines().toList() : List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String tail(List<String> log, int lines) {
        return String.join("\n", log.subList(Math.max(0, log.size() - lines), log.size()));
    }
}
