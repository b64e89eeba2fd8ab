// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.tool.demo.app.DemoProgram;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.junit.jupiter.api.Test;

class ExpectationTest {

    private static final Operation WRITE = new Operation("write", DemoProgram.WRITE, 1 << 20, 3, 1);

    @Test
    void aBigCallIsReadWholeAndAnsweredInline() {
        Expectation expectation = Expectation.of(WRITE);
        assertThat(expectation.server())
                .containsEntry("xprt.server_call_long", 3L)
                .containsEntry("xprt.rdma_reads", 3L)
                .containsEntry("xprt.rdma_read_bytes", 3L * (40 + 12 + (1 << 20)))
                .containsEntry("xprt.server_reply_inline", 3L)
                .doesNotContainKey("xprt.rdma_writes");
        assertThat(expectation.client()).containsEntry("xprt.client_call_long", 3L).containsEntry("xprt.client_offered_reply_chunk", 3L);
    }

    @Test
    void thePadOfALongReplyIsWrittenToo() {
        Expectation expectation = Expectation.of(new Operation("read", DemoProgram.READ, 9001, 2, 1));
        assertThat(expectation.server())
                .containsEntry("xprt.rdma_writes", 2L)
                .containsEntry("xprt.rdma_write_bytes", 2L * (24 + 12 + 9004))
                .doesNotContainKey("xprt.rdma_reads");
    }

    @Test
    void procedureZeroOffersNoReplyChunk() {
        assertThat(Expectation.of(new Operation("NULL", DemoProgram.NULL, 0, 5, 1)).client())
                .doesNotContainKey("xprt.client_offered_reply_chunk")
                .containsEntry("xprt.sends", 5L);
    }

    @Test
    void whatCameAsExpectedIsNoDifference() {
        Map<String, Long> expected = Expectation.of(WRITE).server();
        Map<String, Long> before = new HashMap<>(Map.of("xprt.sends", 10L));
        Map<String, Long> after = new HashMap<>(expected);
        after.merge("xprt.sends", 10L, Long::sum);
        assertThat(Expectation.differences("server", expected, before, after)).isEmpty();
    }

    @Test
    void tooFewTooManyAndUnexpectedAreEachNamed() {
        Map<String, Long> expected = Expectation.of(WRITE).server();
        Map<String, Long> after = new HashMap<>(expected);
        after.remove("xprt.rdma_reads");
        after.merge("xprt.sends", 1L, Long::sum);
        after.put(XprtCounter.DROPPED_UNKNOWN_XID.label(), 2L);
        assertThat(Expectation.differences("server", expected, Map.of(), after)).isEqualTo(List.of(
                "server: xprt.dropped_unknown_xid: expected 0, got 2",
                "server: xprt.rdma_reads: expected 3, got 0",
                "server: xprt.sends: expected 3, got 4"));
    }

    @Test
    void waitingAndInvalidatingAreFree() {
        Map<String, Long> after = Map.of(XprtCounter.SINK_WAITS.label(), 4L, XprtCounter.LOCAL_INVALIDATIONS.label(), 4L, "iwarp.whatever",
                1L);
        assertThat(Expectation.differences("server", Map.of(), Map.of(), after)).isEmpty();
    }
}
