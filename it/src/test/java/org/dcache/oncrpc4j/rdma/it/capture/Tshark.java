// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.capture;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** tshark: independent decoders of the same protocols. They decode nothing of captures that lack their MPA frames. Stateless. */
public final class Tshark {

    private static final long TIMEOUT_SECONDS = 300;

    private Tshark() {}

    /** Skips the test, with the reason, where there is no tshark; fails it where there must be one (-Plinux). */
    public static void require() {
        if (Arrays.stream(System.getenv("PATH").split(":")).anyMatch(d -> Files.isExecutable(Path.of(d, "tshark")))) {
            return;
        }
        String reason = "tshark is not installed (Debian: apt-get install tshark)";
        if (Boolean.getBoolean("it.linux")) {
            throw new AssertionError(reason + ", and with -Plinux it must be");
        }
        System.out.println("skipped: " + reason);
        Assumptions.abort(reason);
    }

    /**
     * How often each value of each field occurs in the file, in all occurrences.
     *
     * @return by field, then by value as tshark writes it
     */
    public static Map<String, Map<String, Integer>> values(Path file, String... fields) throws IOException, InterruptedException {
        List<String> options = new ArrayList<>(List.of("-r", file.toString(), "-T", "fields", "-E", "occurrence=a", "-E", "aggregator= ",
                "-E", "separator=|"));
        Map<String, Map<String, Integer>> counts = new TreeMap<>();
        for (String field : fields) {
            options.addAll(List.of("-e", field));
            counts.put(field, new TreeMap<>());
        }
        for (String line : run(options)) {
            String[] columns = line.split("\\|", -1);
            for (int i = 0; i < fields.length; i++) {
                for (String value : columns[i].trim().split(" +")) {
                    if (!value.isEmpty()) {
                        counts.get(fields[i]).merge(value, 1, Integer::sum);
                    }
                }
            }
        }
        return counts;
    }

    /** The details that tshark prints of all frames. */
    public static List<String> text(Path file) throws IOException, InterruptedException {
        return run(List.of("-r", file.toString(), "-V"));
    }

    /** A line for each frame that matches a display filter. */
    public static List<String> frames(Path file, String filter) throws IOException, InterruptedException {
        return run(List.of("-r", file.toString(), "-Y", filter));
    }

    private static List<String> run(List<String> arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add("tshark");
        command.add("-n");
        command.addAll(arguments);
        Path out = Files.createTempFile("tshark", ".out");
        Path err = Files.createTempFile("tshark", ".err");
        try {
            Process process = new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile()).start();
            if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
                throw new AssertionError("no end of " + command + " after " + TIMEOUT_SECONDS + " s");
            }
            if (process.exitValue() != 0) {
                throw new AssertionError(command + " ended with " + process.exitValue() + ": " + Files.readString(err));
            }
            return Files.readAllLines(out);
        } finally {
            Files.delete(out);
            Files.delete(err);
        }
    }
}
