// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * A child JVM's side of the conversation: reads a command per line, answers each with one line. When the parent goes away (end of input)
 * the JVM is halted, whatever else it is doing: a thread of its own reads, the main thread works.
 */
final class Child {

    /** Does one command. */
    interface Handler {
        Message handle(Message command) throws Exception;
    }

    private final PrintStream out = System.out;
    private final java.util.concurrent.SynchronousQueue<Message> commands = new java.util.concurrent.SynchronousQueue<>();

    private volatile Runnable beforeEnd = () -> { };

    Child() {
        // Libraries that print do not get between our lines.
        System.setOut(System.err);
        Thread reader = new Thread(this::read, "bench commands");
        reader.setDaemon(true);
        reader.start();
    }

    private void read() {
        try (BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                commands.put(Message.parse(line));
            }
        } catch (IOException | InterruptedException e) {
            System.err.println("bench: command channel: " + e);
        }
        beforeEnd.run();
        Runtime.getRuntime().halt(0);
    }

    /** What is left to do when the parent is gone; quick. */
    void beforeEnd(Runnable task) {
        beforeEnd = task;
    }

    void say(Message message) {
        out.println(Message.MARK + message.line());
        out.flush();
    }

    /** Says hello, then answers commands until the parent is gone. Does not return. */
    void serve(Message hello, Handler handler) throws InterruptedException {
        say(hello);
        while (true) {
            Message command = commands.take();
            Message answer;
            try {
                answer = handler.handle(command);
            } catch (Exception e) {
                e.printStackTrace();
                answer = failure(e);
            }
            say(answer);
        }
    }

    static Message failure(Throwable cause) {
        return Message.of("failed", "cause", cause.toString());
    }
}
