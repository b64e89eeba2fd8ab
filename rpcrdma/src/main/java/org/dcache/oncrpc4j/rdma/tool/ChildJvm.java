// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.dcache.oncrpc4j.rdma.tool.app.Console;

/**
 * A JVM that runs a program of ours and is driven by lines, which the {@link Console} of that program reads: one command in, one answer
 * out, each with a time limit. Used by one thread at a time. Two daemon threads read what it says; what is not an answer is kept (the last
 * lines), which every failure quotes, and passed on if that was asked for.
 *
 * <p>It does not outlive us: {@link #close} and a shutdown hook end it, and when we are killed its standard input ends, upon which our
 * programs halt.
 */
public final class ChildJvm implements AutoCloseable {

    private static final int KEPT_LINES = 200;
    private static final Duration PARTING = Duration.ofSeconds(3);
    private static final Duration QUIT = Duration.ofSeconds(10);
    private static final String END = "\u0000end";

    private final String name;
    private final String mark;
    private final Consumer<String> echo;
    private final Process process;
    private final PrintStream commands;
    private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
    private final Deque<String> log = new ArrayDeque<>();
    private final Thread logReader;
    private final Thread hook;

    /**
     * @param name what to call it in messages
     * @param arguments of our own java command
     * @param mark what lines of its standard output begin with that are answers; empty when all are
     * @param echo takes each other line as it comes; null for none
     */
    public ChildJvm(String name, List<String> arguments, String mark, Consumer<String> echo) throws IOException {
        this.name = name;
        this.mark = mark;
        this.echo = echo;
        List<String> command = new ArrayList<>(arguments);
        command.add(0, Path.of(System.getProperty("java.home"), "bin", "java").toString());
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().remove("JAVA_TOOL_OPTIONS");
        builder.environment().remove("JDK_JAVA_OPTIONS");
        // What is compared has the settings that the report shows.
        builder.environment().keySet().removeIf(variable -> variable.startsWith("ONCRPC_"));
        process = builder.start();
        hook = new Thread(process::destroyForcibly, "end " + name);
        Runtime.getRuntime().addShutdownHook(hook);
        commands = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
        reader(name + " answers", process.getInputStream(), this::take, () -> answers.add(END));
        logReader = reader(name + " log", process.getErrorStream(), this::keep, () -> {});
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

    private void take(String line) {
        if (line.startsWith(mark)) {
            answers.add(line.substring(mark.length()));
        } else {
            keep(line);
        }
    }

    private void keep(String line) {
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

    public String name() {
        return name;
    }

    public long pid() {
        return process.pid();
    }

    /** What it said last. */
    public List<String> log() {
        synchronized (log) {
            return new ArrayList<>(log);
        }
    }

    /** Sends a command and waits for its answer. */
    public String ask(String command, Duration limit) throws ChildJvmException, InterruptedException {
        commands.println(command);
        return answer(limit, " to '" + command + "'");
    }

    /** Waits for its next line: the greeting at its start. */
    public String answer(Duration limit) throws ChildJvmException, InterruptedException {
        return answer(limit, "");
    }

    private String answer(Duration limit, String to) throws ChildJvmException, InterruptedException {
        String answer = answers.poll(limit.toNanos(), TimeUnit.NANOSECONDS);
        if (answer == null) {
            throw new SilentJvmException(name + " did not answer" + to + " within " + limit.toSeconds() + " s", log());
        }
        if (answer.equals(END)) {
            int status = process.waitFor();
            logReader.join(PARTING.toMillis());
            throw new ChildJvmException(name + " ended with exit code " + status, log());
        }
        if (answer.startsWith(Console.FAILED)) {
            throw new ChildJvmException(name + ": " + URLDecoder.decode(answer.substring(Console.FAILED.length()), StandardCharsets.UTF_8),
                    log());
        }
        return answer;
    }

    /** What its threads are doing, as {@code jstack} tells; says why when it cannot be told. */
    public String threads() throws InterruptedException {
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
    public void quit() throws ChildJvmException, InterruptedException {
        ask("quit", QUIT);
        if (!process.waitFor(QUIT.toSeconds(), TimeUnit.SECONDS)) {
            throw new ChildJvmException(name + " was still there " + QUIT.toSeconds() + " s after it had stopped its service", log());
        }
        if (process.exitValue() != 0) {
            throw new ChildJvmException(name + " ended with exit code " + process.exitValue(), log());
        }
    }

    /** The end of its input ends it. */
    @Override
    public void close() {
        commands.close();
        try {
            if (!process.waitFor(PARTING.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
            }
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        } catch (IllegalStateException e) {
            // the hook is running
        }
    }
}
