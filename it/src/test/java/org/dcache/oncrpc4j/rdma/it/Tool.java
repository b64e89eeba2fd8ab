// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;

/** Runs {@code bin/rpcrdma} of this checkout as a user does, but never lets it start a build. */
public final class Tool {

    private static final long TIMEOUT_SECONDS = 150;

    /** The checkout. */
    static final Path HOME = Path.of(System.getProperty("basedir", "")).toAbsolutePath().getParent();

    /** The exit status of a run, and what it wrote to standard output and standard error. */
    public record Result(int status, String output) {}

    private Tool() {}

    /** The program itself. */
    public static Path script() {
        return HOME.resolve("bin").resolve("rpcrdma");
    }

    static ProcessBuilder command(Path script, String... arguments) {
        List<String> words = new ArrayList<>();
        words.add(script.toString());
        words.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(words).redirectErrorStream(true);
        builder.environment().put("RPCRDMA_BUILD", "never");
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        return builder;
    }

    /** Starts a command that runs until it is told to end. */
    public static JvmProcess start(String... arguments) {
        return JvmProcess.of(command(script(), arguments));
    }

    /** The same as another user, which only root can, with setpriv of util-linux. */
    static JvmProcess startAs(int user, String... arguments) {
        ProcessBuilder builder = command(script(), arguments);
        builder.command().addAll(0, List.of("setpriv", "--reuid=" + user, "--regid=" + user, "--clear-groups"));
        return JvmProcess.of(builder);
    }

    public static Result run(String... arguments) throws IOException, InterruptedException {
        return run(command(script(), arguments));
    }

    /** Runs a command with another Java than that of the tests. */
    static Result runWith(Path java, String... arguments) throws IOException, InterruptedException {
        ProcessBuilder builder = command(script(), arguments);
        builder.environment().put("JAVA_HOME", java.toString());
        return run(builder);
    }

    static Result run(ProcessBuilder builder) throws IOException, InterruptedException {
        Path output = Files.createTempFile("rpcrdma", ".out");
        try {
            Process process = builder.redirectOutput(output.toFile()).start();
            if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
                throw new AssertionError("expected an end within " + TIMEOUT_SECONDS + " s, got none; its output:\n" + read(output));
            }
            return new Result(process.exitValue(), read(output));
        } finally {
            Files.delete(output);
        }
    }

    private static String read(Path output) throws IOException {
        return Files.readString(output, StandardCharsets.UTF_8);
    }
}
