// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.jvm;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * A process under test, usually a JVM. A thread reads its output (stdout and stderr in one stream, in order) and keeps it; a test waits for
 * the lines it needs. Closing kills the process, so that none outlives its test.
 *
 * <p>Servers of {@code it.app} run until a line comes on stdin or stdin ends.
 */
public final class JvmProcess implements AutoCloseable {

    /** Long enough for a slow machine; a test that works never waits for it. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** For programs that do much before they answer. */
    private static final Duration WORK = Duration.ofMinutes(5);

    private final Process process;
    private final List<String> lines = new ArrayList<>();
    private final Thread reader;
    private boolean ended;
    private int seen;

    private JvmProcess(Process process) {
        this.process = process;
        this.reader = new Thread(this::read, "output of process " + process.pid());
        reader.setDaemon(true);
        reader.start();
    }

    public static Builder java() {
        return new Builder();
    }

    /** A program that starts JVMs of its own. */
    public static JvmProcess of(ProcessBuilder program) {
        try {
            return new JvmProcess(program.start());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start " + program.command(), e);
        }
    }

    /** Waits for the next line with this text, after the one found before, and returns it. */
    public String expect(String text) {
        return expect(line -> line.contains(text), "a line with '" + text + "'");
    }

    /** Waits for the next line that starts with one of these; longer than {@link #expect}, because the program works meanwhile. */
    public String expectOneOf(String... starts) {
        List<String> all = List.of(starts);
        return expect(line -> all.stream().anyMatch(line::startsWith), "a line that begins with one of " + all, WORK);
    }

    /** Waits for the next line that starts with this word and returns what follows it. */
    public String valueOf(String word) {
        return expect(line -> line.startsWith(word + " "), "a line '" + word + " …'").substring(word.length() + 1);
    }

    private String expect(Predicate<String> wanted, String description) {
        return expect(wanted, description, PATIENCE);
    }

    private synchronized String expect(Predicate<String> wanted, String description, Duration patience) {
        long end = System.nanoTime() + patience.toNanos();
        while (true) {
            while (seen < lines.size()) {
                String line = lines.get(seen++);
                if (wanted.test(line)) {
                    return line;
                }
            }
            long rest = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            if (ended || rest <= 0) {
                throw new AssertionError("expected " + description + (ended ? " before the process ended" : " in " + patience)
                        + "; its output:\n" + String.join("\n", lines));
            }
            try {
                wait(rest);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError("interrupted", e);
            }
        }
    }

    /** Writes a line to its stdin. */
    public void send(String line) {
        try {
            process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
        } catch (IOException e) {
            throw new UncheckedIOException("expected a running process, got one that has ended; its output:\n" + output(), e);
        }
    }

    /** Waits for the end of the process and of its output. */
    public int exitCode() {
        try {
            if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError("expected the process to end within " + PATIENCE + ", it still runs; its output:\n" + output());
            }
            reader.join(PATIENCE.toMillis());
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    /** All lines so far. */
    public synchronized List<String> lines() {
        return List.copyOf(lines);
    }

    public String output() {
        return String.join("\n", lines());
    }

    public long pid() {
        return process.pid();
    }

    /** Kills it and all that it started, at once (SIGKILL). */
    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        try {
            process.waitFor();
            reader.join(PATIENCE.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void read() {
        try (BufferedReader in = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                synchronized (this) {
                    lines.add(line);
                    notifyAll();
                }
            }
        } catch (IOException e) {
            // The stream of a killed process may end this way.
        } finally {
            synchronized (this) {
                ended = true;
                notifyAll();
            }
        }
    }

    /** Collects the command line and the environment. */
    public static final class Builder {

        private static final List<String> STARTS_FAST = List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

        private final List<String> options = new ArrayList<>(STARTS_FAST);
        private final List<String> main = new ArrayList<>();
        private final Map<String, String> environment = new HashMap<>();
        private Path home = Path.of(System.getProperty("java.home"));

        private Builder() {}

        /** Sets the JDK; otherwise it is the one that runs the tests. */
        public Builder home(Path path) {
            home = path;
            return this;
        }

        /** As Java is by itself, for measuring: all of its compilers and its usual collector. */
        public Builder unlimited() {
            options.removeAll(STARTS_FAST);
            return this;
        }

        public Builder option(String... words) {
            options.addAll(List.of(words));
            return this;
        }

        public Builder agent(Path jar, String arguments) {
            return option("-javaagent:" + jar + (arguments.isEmpty() ? "" : "=" + arguments));
        }

        public Builder classPath(List<Path> entries) {
            return option("-cp", join(entries));
        }

        public Builder modulePath(List<Path> entries) {
            return option("-p", join(entries));
        }

        public Builder environment(String name, String value) {
            environment.put(name, value);
            return this;
        }

        public Builder main(Class<?> type, Object... arguments) {
            return main(type.getName(), arguments);
        }

        /** A class name, or {@code -m} with a module. */
        public Builder main(String first, Object... arguments) {
            main.clear();
            main.add(first);
            for (Object argument : arguments) {
                main.add(argument.toString());
            }
            return this;
        }

        public JvmProcess start() {
            List<String> command = new ArrayList<>(List.of(home.resolve("bin/java").toString()));
            command.addAll(options);
            command.addAll(main);
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
            builder.environment().remove("JAVA_TOOL_OPTIONS");
            builder.environment().putAll(environment);
            return of(builder);
        }

        private static String join(List<Path> entries) {
            return entries.stream().map(Path::toString).collect(Collectors.joining(java.io.File.pathSeparator));
        }
    }
}
