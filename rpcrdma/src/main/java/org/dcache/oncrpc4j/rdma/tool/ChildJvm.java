// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.demo;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A JVM that runs one of the demo's programs and is driven by lines: one command in, one answer out. Used by one thread at a time.
 *
 * <p>It does not outlive us: {@link #close} and a shutdown hook kill it, and when we are killed ourselves its standard input ends, upon which the
 * demo's programs halt. What it says on standard error is kept (the last lines) and passed on if that was asked for.
 */
final class ChildJvm implements AutoCloseable {

    private static final int KEPT_LINES = 200;
    private static final long QUIT_SECONDS = 10;
    private static final String END = "\u0000end";

    private final String name;
    private final Process process;
    private final PrintStream commands;
    private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
    private final Deque<String> log = new ArrayDeque<>();
    private final Thread logReader;
    private final Thread hook;

    /**
     * @param name what to call it in messages
     * @param arguments of the java command
     * @param echo takes each line of its log as it comes; null for none
     */
    ChildJvm(String name, List<String> arguments, Consumer<String> echo) throws IOException {
        this.name = name;
        List<String> command = new ArrayList<>();
        command.add(System.getProperty("java.home") + "/bin/java");
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().remove("JAVA_TOOL_OPTIONS");
        builder.environment().remove("JDK_JAVA_OPTIONS");
        process = builder.start();
        hook = new Thread(process::destroyForcibly, "end " + name);
        Runtime.getRuntime().addShutdownHook(hook);
        commands = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
        reader(name + " answers", process.getInputStream(), answers::add, () -> answers.add(END));
        logReader = reader(name + " log", process.getErrorStream(), line -> keep(line, echo), () -> {});
    }

    private static Thread reader(String name, InputStream in, Consumer<String> lines, Runnable atEnd) {
        Thread thread = new Thread(() -> {
            try (BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                    lines.accept(line);
                }
            } catch (IOException e) {
                // the process was destroyed: the end as well
            }
            atEnd.run();
        }, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private void keep(String line, Consumer<String> echo) {
        synchronized (log) {
            if (log.size() == KEPT_LINES) {
                log.removeFirst();
            }
            log.addLast(line);
        }
        if (echo != null) {
            echo.accept(name + ": " + line);
        }
    }

    String name() {
        return name;
    }

    long pid() {
        return process.pid();
    }

    /** What it said last. */
    List<String> log() {
        synchronized (log) {
            return new ArrayList<>(log);
        }
    }

    /**
     * Sends a command and waits for its answer.
     *
     * @param command null to wait for the greeting at its start
     */
    String ask(String command, long timeoutSeconds) throws DemoException, InterruptedException {
        if (command != null) {
            commands.println(command);
        }
        String answer = answers.poll(timeoutSeconds, TimeUnit.SECONDS);
        if (answer == null) {
            throw new SilentJvmException(name + " said nothing for " + timeoutSeconds + " s after '" + command + "'", log());
        }
        if (answer.equals(END)) {
            int status = process.waitFor();
            logReader.join(TimeUnit.SECONDS.toMillis(QUIT_SECONDS));
            throw new DemoException(name + " ended with status " + status, log());
        }
        return answer;
    }

    /** What its threads are doing, as {@code jstack} tells; says why when it cannot be told. */
    String threads() throws InterruptedException {
        Path jstack = Path.of(System.getProperty("java.home"), "bin", "jstack");
        try {
            Process dump = new ProcessBuilder(jstack.toString(), Long.toString(pid())).redirectErrorStream(true).start();
            String text = new String(dump.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            dump.waitFor();
            return "==== " + name + ", process " + pid() + "\n" + text;
        } catch (IOException e) {
            return "==== " + name + ": no thread dump: " + e.getMessage() + "\n";
        }
    }

    /** Asks it to end in its own way. */
    void quit() throws DemoException, InterruptedException {
        ask("quit", QUIT_SECONDS);
        if (!process.waitFor(QUIT_SECONDS, TimeUnit.SECONDS)) {
            throw new DemoException(name + " was still there " + QUIT_SECONDS + " s after it had stopped its service", log());
        }
        if (process.exitValue() != 0) {
            throw new DemoException(name + " ended with status " + process.exitValue(), log());
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // it is running
        }
    }
}
