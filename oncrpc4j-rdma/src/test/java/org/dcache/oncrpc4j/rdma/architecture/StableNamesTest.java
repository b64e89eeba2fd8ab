// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.lang.reflect.Field;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.management.MBeanAttributeInfo;
import javax.management.ObjectName;
import javax.management.StandardMBean;
import javax.management.openmbean.ArrayType;
import javax.management.openmbean.CompositeType;
import javax.management.openmbean.OpenMBeanAttributeInfo;
import jdk.jfr.Event;
import jdk.jfr.Name;
import org.dcache.oncrpc4j.rdma.metrics.CountersMXBean;
import org.dcache.oncrpc4j.rdma.metrics.CountersManagement;
import org.dcache.oncrpc4j.rdma.metrics.ServiceMXBean;
import org.dcache.oncrpc4j.rdma.metrics.jfr.CallEvent;
import org.dcache.oncrpc4j.rdma.metrics.jfr.ConnectionEvent;
import org.dcache.oncrpc4j.rdma.metrics.jfr.LatencyEvent;
import org.dcache.oncrpc4j.rdma.metrics.jfr.ProblemEvent;
import org.dcache.oncrpc4j.rdma.metrics.jfr.ServedCallEvent;
import org.junit.jupiter.api.Test;

/** {@code docs/stable-names.md} is what JMX, Flight Recorder and the log have. */
class StableNamesTest {

    /** The module's folder, from its target/test-classes. */
    private static Path module() throws Exception {
        URI classes = StableNamesTest.class.getProtectionDomain().getCodeSource().getLocation().toURI();
        return Path.of(classes).resolve("../..").normalize();
    }

    /** The lines of the table below a heading, cell by cell. */
    private static List<List<String>> table(String heading) throws Exception {
        List<List<String>> rows = new ArrayList<>();
        String below = "";
        for (String line : Files.readAllLines(module().resolve("../docs/stable-names.md"))) {
            below = line.startsWith("## ") ? line.substring(3) : below;
            if (below.equals(heading) && line.startsWith("| ")) {
                rows.add(Arrays.stream(line.substring(2, line.length() - 2).split(" \\| ")).toList());
            }
        }
        return rows.subList(1, rows.size());
    }

    private static Map<String, String> pairs(String heading) throws Exception {
        return table(heading).stream().collect(Collectors.toMap(row -> row.get(0), row -> row.get(1)));
    }

    private static String list(Stream<String> names) {
        return names.sorted().map(name -> "`" + name + "`").collect(Collectors.joining(", "));
    }

    private static MBeanAttributeInfo[] attributes(Class<?> bean) throws Exception {
        ObjectName name = new ObjectName("test:type=" + bean.getSimpleName());
        Object nothing = Proxy.newProxyInstance(bean.getClassLoader(), new Class<?>[] {bean}, (p, m, a) -> null);
        ManagementFactory.getPlatformMBeanServer().registerMBean(new StandardMBean(bean.cast(nothing), cast(bean), true), name);
        try {
            return ManagementFactory.getPlatformMBeanServer().getMBeanInfo(name).getAttributes();
        } finally {
            ManagementFactory.getPlatformMBeanServer().unregisterMBean(name);
        }
    }

    @SuppressWarnings("unchecked")
    private static Class<Object> cast(Class<?> bean) {
        return (Class<Object>) bean;
    }

    @Test
    void jmx() throws Exception {
        MBeanAttributeInfo[] service = attributes(ServiceMXBean.class);
        MBeanAttributeInfo[] process = attributes(CountersMXBean.class);
        assertThat(pairs("JMX")).isEqualTo(Map.of(
                "`" + CountersManagement.NAME + "`", list(Arrays.stream(process).map(MBeanAttributeInfo::getName)),
                "`org.dcache.oncrpc4j.rdma:type=Service,name=\"…\",role=…`", list(Arrays.stream(service).map(MBeanAttributeInfo::getName)),
                "one of `Connections`", list(members(service, "Connections")),
                "one of `LastProblems`", list(members(process, "LastProblems")),
                "one of `Latencies`", list(members(service, "Latencies"))));
    }

    private static Stream<String> members(MBeanAttributeInfo[] attributes, String list) {
        return Arrays.stream(attributes).filter(attribute -> attribute.getName().equals(list))
                .map(attribute -> ((ArrayType<?>) ((OpenMBeanAttributeInfo) attribute).getOpenType()).getElementOpenType())
                .flatMap(type -> ((CompositeType) type).keySet().stream());
    }

    @Test
    void flightRecorder() throws Exception {
        Map<String, String> events = new TreeMap<>();
        for (Class<? extends Event> event : List.of(CallEvent.class, ConnectionEvent.class, LatencyEvent.class, ProblemEvent.class,
                ServedCallEvent.class)) {
            events.put("`" + event.getAnnotation(Name.class).value() + "`", list(Arrays.stream(event.getFields()).map(Field::getName)));
        }
        assertThat(pairs("Flight Recorder")).isEqualTo(events);
    }

    @Test
    void logLines() throws Exception {
        List<List<String>> lines = table("Log lines");
        assertThat(lines).hasSize(7);
        for (List<String> line : lines) {
            String type = line.get(2).replace("`", "");
            Path source = module().resolve("src/main/java/org/dcache/oncrpc4j/rdma/" + type.replace('.', '/') + ".java");
            String text = Files.readString(source).replaceAll("\"\\s*\\+\\s*\"", "");
            assertThat(text).as(type).contains(line.get(1).toLowerCase(Locale.ROOT) + "(\"" + line.get(0).replace("`", "") + "\"");
        }
    }
}
