// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.dcache.oncrpc4j.rdma.it.jvm.Ports;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * {@code monitoring/}: Prometheus' exporter of JMX with our rules, in a JVM that serves; and that alerts and dashboard name what it makes.
 */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class MonitoringIT {

    private static final Path FILES = Path.of("../monitoring");
    private static final Path EXPORTER = Path.of("target/jmx-exporter/jmx-exporter.jar").toAbsolutePath();
    /** Of a NULL call and its reply: ten words and six. */
    private static final int NULL_BYTES = 64;
    private static final Pattern TYPE = Pattern.compile("(?m)^# TYPE (oncrpc_rdma_\\w+) (\\w+)$");
    private static final Pattern NAME = Pattern.compile("oncrpc_rdma_\\w+");

    @Test
    void whatAlertsAndDashboardNameIsScrapedWithItsType() throws Exception {
        int port = Ports.freePair();
        try (Served served = Served.start("--memory",
                "--jvm=-javaagent:" + EXPORTER + "=127.0.0.1:" + port + ":" + FILES.resolve("jmx-exporter.yml").toRealPath())) {
            assertThat(Tool.run("ping", "-c", "5", "127.0.0.1:" + served.rdmaPort()).status()).isZero();
            try (Socket stranger = new Socket("127.0.0.1", served.rdmaPort())) {
                stranger.getOutputStream().write(new byte[64]);
                assertThat(stranger.getInputStream().read()).as("what is answered").isEqualTo(-1);
            }
            String metrics = scrape(port);
            Map<String, String> types = new TreeMap<>();
            Matcher matcher = TYPE.matcher(metrics);
            while (matcher.find()) {
                types.put(matcher.group(1), matcher.group(2));
            }
            assertThat(types).allSatisfy(
                    (name, type) -> assertThat(type).as(name).isEqualTo(name.endsWith("_total") ? "counter" : "gauge"));
            assertThat(metrics).contains("oncrpc_rdma_problems_total{cause=\"iwarp.handshake_bad_key\"} 1.0\n",
                    "oncrpc_rdma_xprt_server_call_inline_total 5.0\n",
                    "oncrpc_rdma_calls_total{kind=\"inline\",operation=\"null\",side=\"served\"} 5.0\n",
                    "oncrpc_rdma_call_bytes_total{kind=\"inline\",operation=\"null\",side=\"served\"} " + 5.0 * NULL_BYTES + "\n",
                    "oncrpc_rdma_calls_within_total{kind=\"inline\",le=\"+Inf\",operation=\"null\",side=\"served\"} 5.0\n",
                    "oncrpc_rdma_service_xprt_server_call_inline_total{role=\"server\",service=\"nfs\"} 5.0\n");
            assertThat(Pattern.compile("oncrpc_rdma_calls_within_total").matcher(metrics).results()).hasSizeGreaterThan(20);
            assertThat(value(metrics, "oncrpc_rdma_call_seconds_total{kind=\"inline\",operation=\"null\",side=\"served\"}"))
                    .isBetween(1e-6, 30.0);
            Set<String> there = new TreeSet<>(types.keySet());
            // What has not counted yet is not shown.
            Arrays.stream(XprtCounter.values()).map(XprtCounter::label)
                    .forEach(label -> there.add("oncrpc_rdma_" + label.replace('.', '_') + "_total"));
            assertThat(named("alerts.yml")).hasSizeGreaterThan(3).isSubsetOf(there);
            assertThat(named("grafana-dashboard.json")).hasSizeGreaterThan(10).isSubsetOf(there);
        }
    }

    /** Beans of the same kind are told apart by an id, which the exporter shows before the keys of their tables. */
    @Test
    void theSecondServiceOfANameAndTheSecondLoaderAreExportedToo() throws Exception {
        List<Pattern> patterns = Files.readAllLines(FILES.resolve("jmx-exporter.yml")).stream().map(String::strip)
                .filter(line -> line.startsWith("- pattern: '")).map(line -> line.substring("- pattern: '".length(), line.length() - 1))
                .map(Pattern::compile).toList();
        for (String id : List.of("", ", id=2")) {
            for (String bean : List.of("type=Counters" + id + ", key=xprt.sends><>Counters: 5",
                    "type=Counters" + id + ", key=xprt.dropped_short><>Problems: 5",
                    "type=Counters" + id + ", key=xprt.connections><>Gauges: 5",
                    "type=Counters" + id + ", key=served.inline.read.0.001048576><>LatencyBuckets: 5",
                    "type=Counters" + id + ", key=served.inline.read.nanos><>LatencySums: 5",
                    "type=Service, name=nfs, role=client" + id + ", key=xprt.sends><>Counters: 5")) {
                assertThat(patterns).as(bean).anyMatch(pattern -> pattern.matcher("org.dcache.oncrpc4j.rdma<" + bean).matches());
            }
        }
    }

    @Test
    void promtoolTakesTheAlertRules() throws Exception {
        assumeTrue(Arrays.stream(System.getenv("PATH").split(":")).anyMatch(path -> Files.isExecutable(Path.of(path, "promtool"))),
                "no promtool on the PATH (apt-get install prometheus): the alert rules are not checked");
        Process promtool = new ProcessBuilder("promtool", "check", "rules", FILES.resolve("alerts.yml").toString())
                .redirectErrorStream(true).start();
        String said = new String(promtool.getInputStream().readAllBytes());
        assertThat(promtool.waitFor()).as(said).isZero();
        assertThat(said).contains("SUCCESS: 6 rules found");
    }

    private static Set<String> named(String file) throws IOException {
        Set<String> names = new TreeSet<>();
        Matcher matcher = NAME.matcher(Files.readString(FILES.resolve(file)));
        while (matcher.find()) {
            names.add(matcher.group());
        }
        return names;
    }

    private static double value(String metrics, String name) {
        return metrics.lines().filter(line -> line.startsWith(name + " ")).mapToDouble(line -> Double.parseDouble(line.substring(
                name.length() + 1))).findFirst().orElseThrow();
    }

    private static String scrape(int port) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics")).build();
        HttpResponse<String> response = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).isEqualTo(200);
        return response.body();
    }
}
