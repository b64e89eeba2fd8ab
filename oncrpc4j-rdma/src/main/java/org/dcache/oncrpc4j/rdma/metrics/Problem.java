// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.metrics;

import java.util.concurrent.TimeUnit;

/**
 * How often a counter of problems counts, and the last time that it did: there is one for each such counter in the process. Any thread. A
 * flood of problems, which a peer can cause, costs a short lock and no memory.
 */
final class Problem {

    private static final double WINDOW = TimeUnit.MINUTES.toNanos(1);

    // guarded by this
    private double recent;
    private long at;
    private long millis;
    private Object peer;
    private String cause;

    /**
     * It has happened.
     *
     * @param who may be null; its text is asked for when somebody looks
     * @param why may be null
     */
    synchronized void happened(long times, long now, Object who, String why) {
        recent = faded(now) + times;
        at = now;
        millis = System.currentTimeMillis();
        peer = who;
        cause = why;
    }

    /** What is left of the count: a problem each second makes 60. */
    private double faded(long now) {
        return recent * Math.exp(-(now - at) / WINDOW);
    }

    synchronized ProblemMXData look(String counter, long now) {
        return new Look(counter, faded(now), millis, peer == null ? "" : peer.toString(), cause == null ? "" : cause);
    }

    private record Look(String counter, double perMinute, long last, String peer, String cause) implements ProblemMXData {
        @Override
        public String getCounter() {
            return counter;
        }

        @Override
        public double getPerMinute() {
            return perMinute;
        }

        @Override
        public long getLast() {
            return last;
        }

        @Override
        public String getPeer() {
            return peer;
        }

        @Override
        public String getCause() {
            return cause;
        }
    }
}
