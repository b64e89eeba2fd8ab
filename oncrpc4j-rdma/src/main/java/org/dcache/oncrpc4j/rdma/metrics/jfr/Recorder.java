// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.metrics.jfr;

import jdk.jfr.Event;
import org.dcache.oncrpc4j.rdma.metrics.latency.Latencies;

/**
 * Makes events while a recording wants them, and null otherwise: who holds null does nothing more, and nothing has been allocated. Any
 * thread. A Java runtime without the module {@code jdk.jfr} never wants any.
 */
public final class Recorder {

    private static final boolean PRESENT = ModuleLayer.boot().findModule("jdk.jfr").isPresent();

    private Recorder() {}

    /** One event of each kind that is only asked whether its kind is wanted. Not loaded where there is no Flight Recorder. */
    private static final class Kinds {

        static final Event CONNECTION = new ConnectionEvent();
        static final Event CALL = new CallEvent();
        static final Event SERVED_CALL = new ServedCallEvent();
        static final Event PROBLEM = new ProblemEvent();
    }

    /** Begun; null when nobody records connections. */
    public static ConnectionEvent connection() {
        if (!PRESENT || !Kinds.CONNECTION.isEnabled()) {
            return null;
        }
        ConnectionEvent event = new ConnectionEvent();
        event.begin();
        return event;
    }

    /** Begun; null when nobody records calls. */
    public static CallEvent call() {
        if (!PRESENT || !Kinds.CALL.isEnabled()) {
            return null;
        }
        CallEvent event = new CallEvent();
        event.begin();
        return event;
    }

    /** Begun; null when nobody records served calls. */
    public static ServedCallEvent servedCall() {
        if (!PRESENT || !Kinds.SERVED_CALL.isEnabled()) {
            return null;
        }
        ServedCallEvent event = new ServedCallEvent();
        event.begin();
        return event;
    }

    /**
     * Records latencies from time to time, while a recording wants them.
     *
     * @return ends that; to be called once
     */
    public static Runnable latencies(Latencies latencies) {
        if (!PRESENT) {
            return () -> {};
        }
        LatencyReports reports = new LatencyReports(latencies);
        reports.begin();
        return reports::end;
    }

    /** Records a refusal, drop or error. */
    public static void problem(String counter, Object peer, String cause) {
        if (PRESENT && Kinds.PROBLEM.isEnabled()) {
            ProblemEvent event = new ProblemEvent();
            event.counter = counter;
            event.peer = peer == null ? null : peer.toString();
            event.cause = cause;
            event.commit();
        }
    }
}
