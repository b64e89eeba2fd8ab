// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.tool.bench.app.Message;

/**
 * A child JVM as the command sees it: one question at a time, one answer each, always with a time limit. One thread. Two daemon threads read the
 * child's output; what is not an answer is kept as the tail of a log, which every failure quotes.
 */
final class Peer implements AutoCloseable {

    private static final int LOG_LINES = 40;
    private static final Duration PARTING = Duration.ofSeconds(3);

    private final String name;
    private final Process process;
    private final PrintStream in;
    private final BlockingQueue<Message> answers = new LinkedBlockingQueue<>();
    private final Deque<String> log = new ArrayDeque<>();
    private final List<Thread> readers = new ArrayList<>();
    private final boolean verbose;

    private Peer(String name, Process process, boolean verbose) {
        this.name = name;
        this.process = process;
        this.verbose = verbose;
        in = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
        read(process.getInputStream());
        read(process.getErrorStream());
    }

    /** @param verbose pass the child's own output on as it comes */
    static Peer start(String name, List<String> command, boolean verbose) throws BenchException {
        try {
            return new Peer(name, new ProcessBuilder(command).start(), verbose);
        } catch (IOException e) {
            throw new BenchException("cannot start " + name + ": " + e.getMessage(), e);
        }
    }

    private void read(InputStream stream) {
        Thread thread = new Thread(() -> {
            try (BufferedReader lines = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    take(line);
                }
            } catch (IOException e) {
                take("reading its output: " + e);
            }
        }, "bench output of " + name);
        thread.setDaemon(true);
        thread.start();
        readers.add(thread);
    }

    private void take(String line) {
        if (line.startsWith(Message.MARK)) {
            answers.add(Message.parse(line.substring(Message.MARK.length())));
            return;
        }
        if (verbose) {
            System.err.println(name + ": " + line);
        }
        synchronized (log) {
            log.add(line);
            if (log.size() > LOG_LINES) {
                log.remove();
            }
        }
    }

    String name() {
        return name;
    }

    long pid() {
        return process.pid();
    }

    Message ask(Message question, Duration limit) throws BenchException, InterruptedException {
        send(question);
        return answer(limit);
    }

    void send(Message question) {
        in.println(question.line());
    }

    /** Waits for the next answer. */
    Message answer(Duration limit) throws BenchException, InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        while (true) {
            Message answer = answers.poll(100, TimeUnit.MILLISECONDS);
            if (answer == null && !process.isAlive()) {
                for (Thread reader : readers) {
                    reader.join(PARTING.toMillis());
                }
                answer = answers.poll();
                if (answer == null) {
                    throw new BenchException(name + " ended with exit code " + process.exitValue() + tail());
                }
            }
            if (answer != null) {
                if (answer.verb().equals("failed")) {
                    throw new BenchException(name + ": " + answer.text("cause") + tail());
                }
                return answer;
            }
            if (System.nanoTime() > end) {
                throw new BenchException(name + " did not answer within " + limit.toSeconds() + " s" + tail());
            }
        }
    }

    private String tail() {
        synchronized (log) {
            return log.isEmpty() ? "" : "; its last output:\n  " + String.join("\n  ", log);
        }
    }

    /** The end of its input ends the child. */
    @Override
    public void close() {
        in.close();
        try {
            if (!process.waitFor(PARTING.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
