// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.stat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.dcache.oncrpc4j.rdma.metrics.latency.Figures;
import org.junit.jupiter.api.Test;

class SocketJvmTest {

    private static Properties text() {
        Properties text = new Properties();
        text.putAll(Map.of("pid", "4711", "1.bean", "x:type=Counters", "1.Problems.iwarp.handshake_bad_key", "1895",
                "1.Problems.xprt.dropped_short", "1", "1.Problems.xprt.regbuf_registration_failed", "3"));
        text.putAll(Map.of("2.bean", "x:type=Service,name=\"nfs\"", "2.Name", "nfs", "2.Role", "server", "2.Listeners.0", "/[::]:2049",
                "2.Counters.xprt.sends", "7", "2.Counters.xprt.dropped_short", "1", "2.Connections.0.remote", "/192.0.2.9:1",
                "2.Connections.0.crc", "true", "2.Connections.0.uptime", "1500", "2.Connections.1.remote", "/192.0.2.7:1"));
        text.putAll(Map.of("2.Latencies.0.side", "served", "2.Latencies.0.kind", "chunk", "2.Latencies.0.operation", "read",
                "2.Latencies.0.calls", "3", "2.Latencies.0.bytes", "30000", "2.Latencies.0.nanos", "9000",
                "2.Latencies.0.buckets.2048", "1", "2.Latencies.0.buckets.16384", "2"));
        text.putAll(Map.of("1.LastProblems.0.counter", "iwarp.handshake_bad_key", "1.LastProblems.0.perMinute", "1.5",
                "1.LastProblems.0.last", "1000", "1.LastProblems.0.peer", "/192.0.2.9:7", "1.LastProblems.0.cause", ""));
        return text;
    }

    @Test
    void servicesAreWhatJmxWouldShow() {
        ServiceSample sample = SocketJvm.services(text(), 1).get(0);
        assertThat(sample.pid()).isEqualTo("4711");
        assertThat(sample.name()).isEqualTo("nfs");
        assertThat(sample.listeners()).isEqualTo(List.of("/[::]:2049"));
        assertThat(sample.counters()).containsEntry("xprt.sends", 7L);
        assertThat(sample.connections()).extracting(of -> of.get("remote")).containsExactly("/192.0.2.7:1", "/192.0.2.9:1");
        assertThat(sample.latencies()).isEqualTo(Map.of("served.chunk.read", new Figures(3, 30_000, 9_000,
                new TreeMap<>(Map.of(2048L, 1L, 16_384L, 2L)))));
        assertThat(StatText.of(sample, null)).contains("problems since the start: xprt.dropped_short 1, "
                + "iwarp.handshake_bad_key 1895 (whole process), xprt.regbuf_registration_failed 3 (whole process)")
                .contains("\n    iwarp.handshake_bad_key: 1.50 a minute, last 1970-01-01T00:00:01Z of /192.0.2.9:7\n")
                .containsPattern("/192.0.2.9:1 .* on .* 1\\.5 ");
    }

    @Test
    void aPathWithoutAServerIsOneLine() {
        assertThatIOException().isThrownBy(() -> new SocketJvm(Path.of("/no/such/socket")).services())
                .withMessageContaining("oncrpc.rdma.stat-socket of a running JVM");
    }
}
