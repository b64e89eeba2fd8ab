// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.app;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * A program's side of a {@code ChildJvm}: commands come on standard input, a line each, and one line answers each on standard output, which
 * nobody else writes to. The thread that made it serves. A second one reads ahead: when the input ends, because the parent is gone, the JVM
 * is halted at once, whatever its other threads do.
 */
public final class Console {

    /** What the answer to a command begins with that could not be done. The cause follows, URL-encoded. */
    public static final String FAILED = "failed cause=";

    private static final String QUIT = "quit";

    /** Does what one command asks for. */
    public interface Commands {
        String run(String command) throws Exception;
    }

    private final BlockingQueue<String> commands = new LinkedBlockingQueue<>();
    private final PrintStream answers = System.out;
    private final String mark;
    private final Runnable atEnd;

    /** @param mark in front of each answer, as the other side expects it */
    public Console(String mark) {
        this(mark, () -> {});
    }

    /** @param atEnd what to do before the JVM is halted because the parent is gone */
    public Console(String mark, Runnable atEnd) {
        this.mark = mark;
        this.atEnd = atEnd;
        System.setOut(System.err);
        Thread reader = new Thread(this::read, "commands");
        reader.setDaemon(true);
        reader.start();
    }

    private void read() {
        try (BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                commands.add(line);
            }
        } catch (IOException e) {
            System.err.println("cannot read commands: " + e);
        }
        atEnd.run();
        Runtime.getRuntime().halt(3);
    }

    /** Says a line that answers no command: the greeting. */
    public void say(String line) {
        answers.println(mark + line.replace('\n', ' '));
        answers.flush();
    }

    /** Says that the program cannot do what it is there for. */
    public void fail(Exception cause) {
        say(FAILED + URLEncoder.encode(cause.toString(), StandardCharsets.UTF_8));
    }

    /** Answers commands; returns at {@code quit}, which is still to be answered. */
    public void serve(Commands program) throws InterruptedException {
        for (String command = commands.take(); !command.equals(QUIT); command = commands.take()) {
            String answer;
            try {
                answer = program.run(command);
            } catch (Exception e) {
                e.printStackTrace();
                fail(e);
                continue;
            }
            say(answer);
        }
    }
}
