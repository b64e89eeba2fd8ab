// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.demo.app;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import javax.management.JMException;
import org.dcache.oncrpc4j.rdma.tool.counters.JmxCounters;

/**
 * The line of commands that drives a demo JVM: commands come on standard input, one answer each goes to standard output, which nobody else
 * writes to. A thread of its own reads ahead: when the input ends, because the parent is gone, the JVM is halted at
 * once, whatever its other threads do.
 */
final class Console {

    private final BlockingQueue<String> commands = new LinkedBlockingQueue<>();
    private final PrintStream answers = System.out;

    Console() {
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
            // the same as the end of the input
        }
        Runtime.getRuntime().halt(3);
    }

    String[] next() throws InterruptedException {
        return commands.take().split(" ");
    }

    void answer(String line) {
        answers.println(line.replace('\n', ' '));
        answers.flush();
    }

    /** The transport's counters, if this JVM has some. */
    void answerCounters() throws JMException {
        Optional<Map<String, Long>> counters = JmxCounters.read();
        StringBuilder line = new StringBuilder(counters.isEmpty() ? "no-counters" : "counters");
        counters.ifPresent(all -> all.forEach((name, value) -> line.append(' ').append(name).append('=').append(value)));
        answer(line.toString());
    }
}
