// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;
import javax.management.openmbean.TabularData;
import org.dcache.oncrpc4j.rdma.rpc.harness.EchoProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.LeakLedger;
import org.dcache.oncrpc4j.rdma.rpc.harness.RelayedEndpoints;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeNone;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.xdr.XdrVoid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Services and their connections, as a JMX client sees them who knows no class of ours. */
@Timeout(60)
class ServiceManagementTest {

    private static final int CALLS = 3;

    private final MBeanServer jmx = ManagementFactory.getPlatformMBeanServer();

    private Set<ObjectName> beans(String role) throws Exception {
        return jmx.queryNames(new ObjectName("org.dcache.oncrpc4j.rdma:type=Service,role=" + role + ",*"), null);
    }

    private long counter(ObjectName bean, String label) throws Exception {
        CompositeData row = ((TabularData) jmx.getAttribute(bean, "Counters")).get(new Object[] {label});
        return row == null ? 0 : (Long) row.get("value");
    }

    private List<String> latencies(ObjectName bean) {
        try {
            return Arrays.stream((CompositeData[]) jmx.getAttribute(bean, "Latencies")).map(of -> of.get("side") + " " + of.get("kind")
                    + " " + of.get("operation") + " " + of.get("calls")).toList();
        } catch (JMException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void eachServiceShowsItsOwnCountersAndConnectionsUntilItStops() throws Exception {
        assertThat(beans("server")).isEmpty();
        try (RelayedEndpoints peers = new RelayedEndpoints(Map.of(),
                Map.of(new OncRpcProgram(EchoProgram.PROGRAM, EchoProgram.VERSION), new EchoProgram()), Map.of())) {
            for (int i = 0; i < CALLS; i++) {
                new RpcCall(EchoProgram.PROGRAM, EchoProgram.VERSION, new RpcAuthTypeNone(), peers.transport())
                        .call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
            }
            ObjectName server = beans("server").iterator().next();
            ObjectName client = beans("client").iterator().next();
            assertThat(beans("server")).hasSize(1);
            assertThat((String[]) jmx.getAttribute(server, "Listeners")).hasSize(1);
            assertThat((String[]) jmx.getAttribute(client, "Listeners")).isEmpty();
            assertThat(counter(server, "xprt.server_call_inline")).isEqualTo(CALLS);
            assertThat(counter(server, "xprt.client_call_inline")).isZero();
            assertThat(counter(client, "xprt.client_call_inline")).isEqualTo(CALLS);
            assertThat(counter(client, "xprt.server_call_inline")).isZero();

            // The server notes a call when its reply has left, which its client may know before.
            LeakLedger.await("all calls to be noted", () -> latencies(server).equals(List.of("served inline null " + CALLS)));
            assertThat(latencies(server)).containsExactly("served inline null " + CALLS);
            assertThat(latencies(client)).containsExactly("called inline null " + CALLS);

            CompositeData[] connections = (CompositeData[]) jmx.getAttribute(server, "Connections");
            assertThat(connections).hasSize(1);
            assertThat(connections[0].get("provider")).isEqualTo("iwarp");
            assertThat(connections[0].get("messagesReceived")).isEqualTo((long) CALLS);
            assertThat(connections[0].get("callsServed")).isEqualTo(0);
            assertThat((String) connections[0].get("remote")).contains("127.0.0.1");
            assertThat((Long) connections[0].get("uptime")).isGreaterThanOrEqualTo((Long) connections[0].get("silence"));
        }
        assertThat(beans("server")).isEmpty();
        assertThat(beans("client")).isEmpty();
    }
}
