// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux.harness;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Sends commands to the agent in a guest over QEMU's standard input and output: a line is written, its output comes back and ends with a
 * line of the byte 04 and the exit status (see {@code guest/agent.sh}).
 *
 * <p>One command at a time. A daemon thread reads, so that every wait can have a limit; it ends with the stream. After a command that was
 * not answered in time each later one fails at once, so that late output is never taken for another command's answer.
 */
public final class GuestControl {

    private static final char END_OF_OUTPUT = '\u0004';

    /** What a command printed, standard error included, and its exit status. */
    public record Answer(int status, String output) {}

    /** The guest did not answer: it is gone, or too slow. */
    public static final class NoAnswerException extends RuntimeException {
        private static final long serialVersionUID = 1;

        NoAnswerException(String message) {
            super(message);
        }
    }

    /** Empty at the end of the stream. */
    private final BlockingQueue<Optional<String>> lines = new LinkedBlockingQueue<>();

    private final OutputStream input;

    /** The command that got no answer within its limit. */
    private String unanswered;

    GuestControl(String name, InputStream output, OutputStream input) {
        this.input = input;
        Thread reader = new Thread(() -> read(output), "guest-" + name);
        reader.setDaemon(true);
        reader.start();
    }

    private void read(InputStream output) {
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(output, StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                lines.add(Optional.of(line));
            }
        } catch (IOException e) {
            // the same as the end of the stream: the process was ended
        } finally {
            lines.add(Optional.empty());
        }
    }

    /** Waits until the guest is up. */
    synchronized void awaitReady(Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        String line;
        do {
            line = nextLine("boot", deadline);
        } while (!line.equals("ready"));
    }

    /** @param command one line for bash */
    synchronized Answer exec(String command, Duration limit) {
        if (command.indexOf('\n') >= 0) {
            throw new IllegalArgumentException("expected a command of one line, got " + command);
        }
        if (unanswered != null) {
            throw new NoAnswerException("the guest did not answer '" + unanswered + "' before and is not asked for '" + command + "'");
        }
        long deadline = System.nanoTime() + limit.toNanos();
        try {
            input.write((command + "\n").getBytes(StandardCharsets.UTF_8));
            input.flush();
        } catch (IOException e) {
            throw new NoAnswerException("the guest is gone, it cannot be asked for '" + command + "': " + e.getMessage());
        }
        StringBuilder output = new StringBuilder();
        while (true) {
            String line = nextLine(command, deadline);
            if (!line.isEmpty() && line.charAt(0) == END_OF_OUTPUT) {
                return new Answer(Integer.parseInt(line.substring(1)), output.toString().stripTrailing());
            }
            output.append(line).append('\n');
        }
    }

    private String nextLine(String command, long deadline) {
        try {
            Optional<String> line = lines.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (line == null) {
                unanswered = command;
                throw new NoAnswerException("no answer of the guest within the limit to '" + command + "'");
            }
            if (line.isEmpty()) {
                lines.add(line);
                throw new NoAnswerException("the guest ended during '" + command + "'");
            }
            return line.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NoAnswerException("interrupted while waiting for '" + command + "'");
        }
    }

    /** Closes the guest's input, on which it ends. */
    void hangUp() {
        try {
            input.close();
        } catch (IOException e) {
            // it has ended already
        }
    }
}
