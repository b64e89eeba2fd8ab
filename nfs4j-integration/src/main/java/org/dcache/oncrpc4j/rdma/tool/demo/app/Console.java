// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.demo.app;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;
import javax.management.openmbean.TabularData;

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

    /** The transport's counters, if this JVM has some: all beans of that type, added up. */
    void answerCounters() throws JMException {
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        Set<ObjectName> beans = server.queryNames(new ObjectName("org.dcache.oncrpc4j.rdma:type=Counters,*"), null);
        Map<String, Long> sums = new TreeMap<>();
        for (ObjectName bean : beans) {
            for (Object row : ((TabularData) server.getAttribute(bean, "Counters")).values()) {
                sums.merge((String) ((CompositeData) row).get("key"), (Long) ((CompositeData) row).get("value"), Long::sum);
            }
        }
        StringBuilder line = new StringBuilder(beans.isEmpty() ? "no-counters" : "counters");
        sums.forEach((name, value) -> line.append(' ').append(name).append('=').append(value));
        answer(line.toString());
    }
}
