// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.stat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StatTextTest {

    private static final Map<String, Map<String, Object>> LAST = Map.of("xprt.dropped_short", Map.of("perMinute", 2.5, "last", 1_000_999L,
            "peer", "", "cause", ""), "iwarp.handshake_bad_key", Map.of("perMinute", 120.0, "last", 2_000_000L, "peer", "/192.0.2.9:1",
            "cause", "no MPA"));

    private static ServiceSample sample(long seconds, Map<String, Long> counters) {
        return sample(seconds, counters, Map.of());
    }

    private static ServiceSample sample(long seconds, Map<String, Long> counters, Map<String, Long> providerProblems) {
        Map<String, Object> connection = new HashMap<>(Map.of("remote", "/192.0.2.1:700", "provider", "iwarp", "inlineSend", 4096,
                "inlineReceive", 1024, "credits", 128, "crc", true));
        connection.putAll(Map.of("callsPending", 0, "callsServed", 3, "messagesReceived", 77L, "uptime", 61_500L, "silence", 20L));
        return new ServiceSample("4711", "bean", "nfs", "server", List.of("/0.0.0.0:20049"), counters, providerProblems,
                LAST, List.of(connection), Map.of(), seconds * 1_000_000_000L);
    }

    @Test
    void totalsNameTheServiceItsPathsAndItsConnections() {
        assertThat(StatText.of(sample(1, Map.of("xprt.server_call_inline", 10L, "xprt.server_call_read_chunk", 4L, "xprt.rdma_read_bytes",
                3L << 20)), null))
                .startsWith("process 4711, server nfs on /0.0.0.0:20049, 1 connection, totals\n")
                .containsPattern("served: calls +10 +4 +0\n").doesNotContain("called:")
                .contains("RDMA Read 3.0 MiB, RDMA Write 0.0 MiB").contains("problems since the start: none")
                .containsPattern("/192\\.0\\.2\\.1:700 +iwarp +4096/1024 +128 +on +0 +3 +77 +61\\.5 +0\\.0\n");
    }

    @Test
    void ratesAreWhatMovedBetweenTwoLooks() {
        ServiceSample before = sample(1, Map.of("xprt.server_call_inline", 10L, "xprt.rdma_write_bytes", 1L << 20));
        ServiceSample now = sample(5, Map.of("xprt.server_call_inline", 30L, "xprt.rdma_write_bytes", 9L << 20));
        assertThat(StatText.of(now, before)).contains("rates over 4.0 s").containsPattern("served: calls +5\\.00 +0\\.00 +0\\.00\n")
                .contains("RDMA Write 2.0 MiB/s");
    }

    @Test
    void aServiceThatHasTheNameOfOneThatEndedIsAnotherOne() {
        ServiceSample before = sample(1, Map.of("xprt.server_call_inline", 10L));
        assertThat(sample(5, Map.of("xprt.server_call_inline", 30L)).continues(before)).isTrue();
        assertThat(sample(5, Map.of("xprt.server_call_inline", 3L)).continues(before)).isFalse();
        assertThat(sample(5, Map.of()).continues(before)).isFalse();
    }

    @Test
    void problemsAreShownSinceTheStartAndWhatIsNewAmongThem() {
        ServiceSample before = sample(1, Map.of("xprt.dropped_short", 2L, "xprt.credit_waits", 5L));
        ServiceSample now = sample(2, Map.of("xprt.dropped_short", 3L, "xprt.refused_too_many", 1L, "xprt.credit_waits", 5L));
        assertThat(StatText.of(now, before))
                .contains("problems since the start: xprt.refused_too_many 1 (+1), xprt.dropped_short 3 (+1)\n");
        assertThat(StatText.of(now, null)).contains("problems since the start: xprt.refused_too_many 1, xprt.dropped_short 3\n");
    }

    /** A handshake that is refused never reaches a service. */
    @Test
    void problemsOfTheProvidersAreShownWithEachService() {
        ServiceSample before = sample(1, Map.of(), Map.of("iwarp.handshake_bad_key", 1_890L));
        ServiceSample now = sample(2, Map.of("xprt.dropped_short", 1L), Map.of("iwarp.handshake_bad_key", 1_895L));
        assertThat(StatText.of(now, null))
                .contains("problems since the start: xprt.dropped_short 1, iwarp.handshake_bad_key 1895 (whole process)\n");
        assertThat(StatText.of(now, before)).contains("iwarp.handshake_bad_key 1895 (+5) (whole process)\n");
        assertThat(StatText.of(now, null)).contains("\n    xprt.dropped_short: 2.50 a minute, last 1970-01-01T00:16:40Z\n")
                .contains("\n    iwarp.handshake_bad_key: 120 a minute, last 1970-01-01T00:33:20Z of /192.0.2.9:1: no MPA\n");
        assertThat(StatText.of(sample(2, Map.of()), null)).as("problems of others").doesNotContain(" a minute");
    }
}
