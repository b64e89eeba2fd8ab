// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.stat;

import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.dcache.oncrpc4j.rdma.metrics.latency.Figures;

/**
 * A JVM with {@code oncrpc.rdma.stat-socket}: each look is a connection of its own, so nothing is held in between, and a JVM that was
 * started again is seen too. It needs no module for management on either side.
 */
final class SocketJvm implements ObservedJvm {

    private final Path path;

    SocketJvm(Path path) {
        this.path = path;
    }

    @Override
    public List<ServiceSample> services() throws IOException {
        long now = System.nanoTime();
        return services(read(), now);
    }

    private Properties read() throws IOException {
        Properties text = new Properties();
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(path));
                Reader reader = new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8)) {
            text.load(reader);
        } catch (IOException | IllegalArgumentException e) {
            throw new IOException("cannot read " + path + "; it must be the oncrpc.rdma.stat-socket of a running JVM of the same user: "
                    + e.getMessage(), e);
        }
        return text;
    }

    static List<ServiceSample> services(Properties text, long now) {
        Map<String, Long> problems = new TreeMap<>();
        Map<String, Map<String, Object>> last = new TreeMap<>();
        List<ServiceSample> samples = new ArrayList<>();
        for (int n = 1; text.containsKey(n + ".bean"); n++) {
            members(text, n + ".LastProblems.").forEach(problem -> last.put(String.valueOf(problem.get("counter")), problem));
            rows(text, n + ".Problems.", (label, count) -> problems.merge(label, Long.valueOf(count), Long::sum));
        }
        for (int n = 1; text.containsKey(n + ".bean"); n++) {
            if (text.getProperty(n + ".bean").contains("type=Service")) {
                Map<String, Long> counters = new TreeMap<>();
                rows(text, n + ".Counters.", (label, count) -> counters.put(label, Long.valueOf(count)));
                List<String> listeners = new ArrayList<>();
                rows(text, n + ".Listeners.", (index, address) -> listeners.add(address));
                List<Map<String, Object>> sorted = members(text, n + ".Connections.");
                sorted.sort(Comparator.comparing(members -> String.valueOf(members.get("remote"))));
                samples.add(new ServiceSample(text.getProperty("pid"), text.getProperty(n + ".bean"), text.getProperty(n + ".Name"),
                        text.getProperty(n + ".Role"), listeners, counters, problems, last, sorted,
                        latencies(text, n + ".Latencies."), now));
            }
        }
        ServiceSample.leaveOutOwn(samples);
        samples.sort(Comparator.comparing(ServiceSample::bean));
        return samples;
    }

    /** The elements of an array, each by the names of its members. */
    private static List<Map<String, Object>> members(Properties text, String prefix) {
        Map<String, Map<String, Object>> elements = new TreeMap<>();
        rows(text, prefix, (name, value) -> {
            int dot = name.indexOf('.');
            elements.computeIfAbsent(name.substring(0, dot), index -> new TreeMap<>()).put(name.substring(dot + 1), value(value));
        });
        return new ArrayList<>(elements.values());
    }

    private static Map<String, Figures> latencies(Properties text, String prefix) {
        Map<String, Figures> latencies = new TreeMap<>();
        for (int i = 0; text.containsKey(prefix + i + ".side"); i++) {
            String of = prefix + i + '.';
            SortedMap<Long, Long> buckets = new TreeMap<>();
            rows(text, of + "buckets.", (bound, count) -> buckets.put(Long.valueOf(bound), Long.valueOf(count)));
            latencies.put(text.getProperty(of + "side") + '.' + text.getProperty(of + "kind") + '.' + text.getProperty(of + "operation"),
                    new Figures(number(text, of + "calls"), number(text, of + "bytes"), number(text, of + "nanos"), buckets));
        }
        return latencies;
    }

    private static long number(Properties text, String name) {
        return Long.parseLong(text.getProperty(name));
    }

    private static void rows(Properties text, String prefix, BiConsumer<String, String> each) {
        text.stringPropertyNames().stream().filter(name -> name.startsWith(prefix)).sorted()
                .forEach(name -> each.accept(name.substring(prefix.length()), text.getProperty(name)));
    }

    /** Numbers and truth values of a connection are such again. */
    private static Object value(String text) {
        return text.matches("-?\\d{1,18}") ? Long.valueOf(text) : text.matches("true|false") ? Boolean.valueOf(text) : text;
    }

    @Override
    public String toString() {
        return path.toString();
    }

    @Override
    public void close() {
        // Nothing is held.
    }
}
