// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.metrics.jfr;

import java.util.HashMap;
import java.util.Map;
import jdk.jfr.FlightRecorder;
import org.dcache.oncrpc4j.rdma.metrics.latency.Figures;
import org.dcache.oncrpc4j.rdma.metrics.latency.Latencies;
import org.dcache.oncrpc4j.rdma.metrics.latency.Latency;

/**
 * Writes {@link LatencyEvent}s, one for each side, kind and operation that had calls since the last time; run by Flight Recorder while a
 * recording wants them. Flight Recorder holds it, and so its class loader, from {@link #begin} to {@link #end}.
 */
final class LatencyReports implements Runnable {

    private final Latencies latencies;
    private final Map<String, Figures> before = new HashMap<>();

    LatencyReports(Latencies latencies) {
        this.latencies = latencies;
    }

    void begin() {
        FlightRecorder.addPeriodicEvent(LatencyEvent.class, this);
    }

    void end() {
        FlightRecorder.removePeriodicEvent(this);
    }

    @Override
    public synchronized void run() {
        for (Latency now : latencies.snapshot()) {
            Figures old = before.put(now.label(), now.figures());
            Figures since = old == null ? now.figures() : now.figures().minus(old);
            if (since.calls() > 0) {
                Latency latency = new Latency(now.side(), now.kind(), now.operation(), since);
                LatencyEvent event = new LatencyEvent();
                event.side = latency.getSide();
                event.kind = latency.getKind();
                event.operation = latency.getOperation();
                event.calls = latency.getCalls();
                event.bytes = latency.getBytes();
                event.average = Math.round(latency.getAverageMicros());
                event.p50 = Math.round(latency.getP50Micros());
                event.p99 = Math.round(latency.getP99Micros());
                event.commit();
            }
        }
    }
}
