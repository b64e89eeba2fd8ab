// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.planted;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs tests in a JVM of their own, with a time limit. */
public final class TestJvm {

    /** What came of it. */
    enum Outcome {
        PASSED,
        FAILED,
        HUNG,
        /** The JVM died, or a test is not there: nobody can say anything. */
        BROKEN
    }

    /** @param output what the JVM said */
    record Result(Outcome outcome, String output) {}

    private TestJvm() {}

    /** The class path of this JVM, whatever way Surefire has given it. */
    public static String classPath() {
        return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    }

    static Result run(List<Path> first, List<String> tests, int seconds) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx512m",
                "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=off", "-Dtest.patience=8000"));
        StringBuilder path = new StringBuilder();
        first.forEach(folder -> path.append(folder).append(File.pathSeparatorChar));
        command.addAll(List.of("-cp", path + classPath(), TestRun.class.getName()));
        command.addAll(tests);
        Ended ended = run(command, seconds);
        return new Result(!ended.inTime ? Outcome.HUNG : switch (ended.status) {
            case TestRun.PASSED -> Outcome.PASSED;
            case TestRun.FAILED -> Outcome.FAILED;
            default -> Outcome.BROKEN;
        }, ended.output);
    }

    /** How a JVM ended, by itself or because its time was over, and what it said. */
    public record Ended(boolean inTime, int status, String output) {}

    /** Runs a command to its end, at most so long. */
    public static Ended run(List<String> command, int seconds) throws IOException, InterruptedException {
        Path output = Files.createTempFile("test-jvm", ".txt");
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
            boolean inTime = process.waitFor(seconds, TimeUnit.SECONDS);
            if (!inTime) {
                process.destroyForcibly().waitFor();
            }
            return new Ended(inTime, process.exitValue(), Files.readString(output));
        } finally {
            Files.delete(output);
        }
    }
}
