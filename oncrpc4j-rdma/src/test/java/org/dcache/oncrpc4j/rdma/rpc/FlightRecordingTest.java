// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.metrics.CountersManagement;
import org.dcache.oncrpc4j.rdma.metrics.jfr.Recorder;
import org.dcache.oncrpc4j.rdma.rpc.harness.EchoProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.EligibleProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.RelayedEndpoints;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeNone;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What Flight Recorder sees of connections, calls and problems. */
@Timeout(120)
class FlightRecordingTest {

    private static final String PREFIX = "org.dcache.oncrpc4j.rdma.";
    private static final int INLINE = 100;
    private static final int LARGE = 100_001;

    @TempDir
    private Path folder;

    /** An inline call, and one by Read chunk. */
    private static void traffic() throws IOException {
        try (RelayedEndpoints peers = new RelayedEndpoints(Map.of(),
                Map.of(new OncRpcProgram(EligibleProgram.ELIGIBLE_PROGRAM, EchoProgram.VERSION), new EchoProgram()), Map.of())) {
            for (int length : new int[] {INLINE, LARGE}) {
                new RpcCall(EligibleProgram.ELIGIBLE_PROGRAM, EchoProgram.VERSION, new RpcAuthTypeNone(), peers.transport())
                        .call(EchoProgram.WRITE, new EchoProgram.Bytes(EchoProgram.pattern(length)), new EchoProgram.Int());
            }
        }
    }

    private List<RecordedEvent> recorded(Recording recording) throws IOException {
        Path file = folder.resolve("recording.jfr");
        recording.dump(file);
        return RecordingFile.readAllEvents(file);
    }

    private static List<RecordedEvent> of(List<RecordedEvent> events, String name) {
        return events.stream().filter(event -> event.getEventType().getName().equals(PREFIX + name)).toList();
    }

    @Test
    void callsAreRecordedOnBothSidesWithTheirPaths() throws IOException {
        try (Recording recording = new Recording()) {
            recording.enable(PREFIX + "Call");
            recording.enable(PREFIX + "ServedCall");
            recording.start();
            traffic();
            List<RecordedEvent> events = recorded(recording);
            assertThat(of(events, "Call")).extracting(e -> e.getString("callPath"))
                    .containsExactly("xprt.client_call_inline", "xprt.client_call_read_chunk");
            assertThat(of(events, "Call")).extracting(e -> e.getString("replyPath")).containsOnly("xprt.client_reply_inline");
            assertThat(of(events, "Call")).allSatisfy(e -> assertThat(e.getString("failure")).isNull());
            assertThat(of(events, "Call").get(1).getInt("callBytes")).isGreaterThan(LARGE);
            assertThat(of(events, "ServedCall")).extracting(e -> e.getString("callPath"))
                    .containsExactlyInAnyOrder("xprt.server_call_inline", "xprt.server_call_read_chunk");
            assertThat(of(events, "ServedCall")).extracting(e -> e.getString("replyPath")).containsOnly("xprt.server_reply_inline");
            assertThat(of(events, "ServedCall")).extracting(e -> e.getInt("xid"))
                    .containsExactlyInAnyOrderElementsOf(of(events, "Call").stream().map(e -> e.getInt("xid")).toList());
        }
    }

    @Test
    void connectionsAreRecordedByDefaultAndCallsAreNot() throws IOException {
        try (Recording recording = new Recording()) {
            recording.start();
            traffic();
            List<RecordedEvent> events = recorded(recording);
            assertThat(of(events, "Connection")).hasSize(2).extracting(e -> e.getBoolean("dialled")).containsExactlyInAnyOrder(true, false);
            assertThat(of(events, "Connection")).allSatisfy(e -> {
                assertThat(e.getString("provider")).isEqualTo("iwarp");
                assertThat(e.getLong("received")).isEqualTo(2);
            });
            // Not of both: JDK 17 can lose a text that a recording before this one had in its pool of constants.
            assertThat(of(events, "Connection")).anySatisfy(e -> assertThat(e.getString("cause")).isNotEmpty());
            assertThat(of(events, "Call")).isEmpty();
            assertThat(of(events, "ServedCall")).isEmpty();
        }
    }

    @Test
    void aProblemIsRecordedWhenItIsCountedAndAWaitIsNone() throws IOException {
        try (Recording recording = new Recording()) {
            recording.start();
            Counters.process().child().increment(XprtCounter.DROPPED_UNKNOWN_XID);
            Counters.process().child().increment(XprtCounter.CREDIT_WAITS);
            assertThat(of(recorded(recording), "Problem")).extracting(e -> e.getString("counter"))
                    .containsExactly("xprt.dropped_unknown_xid");
        }
    }

    /** When a recording begins there are events of what was before, when it is read those of the traffic. */
    @Test
    void latenciesAreRecordedFromTimeToTimeByHowCallsWent() throws IOException {
        try (Recording recording = new Recording()) {
            CountersManagement.acquire();
            recording.enable(PREFIX + "Latency").with("period", "everyChunk");
            recording.start();
            traffic();
            List<RecordedEvent> events = of(recorded(recording), "Latency");
            assertThat(events).extracting(e -> e.getString("side") + " " + e.getString("kind")).contains("called inline", "called chunk",
                    "served inline", "served chunk");
            assertThat(events).anySatisfy(e -> {
                assertThat(e.getString("kind")).isEqualTo("chunk");
                assertThat(e.getLong("bytes")).isBetween((long) LARGE, 2L * LARGE);
                assertThat(e.getDuration("p99")).isGreaterThanOrEqualTo(e.getDuration("p50")).isPositive();
            });
        } finally {
            CountersManagement.release();
        }
    }

    @Test
    void nobodyHoldsAnEventWhenNothingIsRecorded() {
        assertThat(Recorder.call()).isNull();
        assertThat(Recorder.servedCall()).isNull();
        assertThat(Recorder.connection()).isNull();
    }
}
