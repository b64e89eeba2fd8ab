// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs.app;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import javax.management.JMException;
import org.dcache.oncrpc4j.rdma.tool.counters.JmxCounters;

/**
 * A program's side of a test: it reads commands from standard input, a line each, and writes answers to standard output, {@code DONE …}
 * or {@code FAILED …}. All programs have the commands {@code counters}, {@code levels} and {@code quit}. One thread.
 */
final class Console {

    /** The commands of one program; the result of each follows DONE. */
    interface Commands {
        String run(String[] words) throws Exception;
    }

    private final BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));

    /** Returns at {@code quit} or at the end of the input. */
    void serve(Commands commands) throws IOException {
        for (String line = in.readLine(); line != null && !line.equals("quit"); line = in.readLine()) {
            String[] words = line.split(" ");
            try {
                System.out.println("DONE " + words[0] + ' ' + switch (words[0]) {
                    case "counters" -> text(JmxCounters.read().orElse(Map.of()));
                    case "levels" -> text(levels());
                    default -> commands.run(words);
                });
            } catch (Exception e) {
                e.printStackTrace(System.out);
                System.out.println("FAILED " + e);
            }
            System.out.flush();
        }
    }

    /** What this process holds: the gauges of the RDMA transport, if it has one, threads and file descriptors. */
    private static Map<String, Long> levels() throws JMException {
        Map<String, Long> levels = new TreeMap<>(JmxCounters.gauges().orElse(Map.of()));
        levels.put("threads", (long) ManagementFactory.getThreadMXBean().getThreadCount());
        levels.put("descriptors", ((UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getOpenFileDescriptorCount());
        return levels;
    }

    private static String text(Map<String, Long> values) {
        StringBuilder text = new StringBuilder();
        values.forEach((name, value) -> text.append(name).append('=').append(value).append(' '));
        return text.toString().strip();
    }
}
