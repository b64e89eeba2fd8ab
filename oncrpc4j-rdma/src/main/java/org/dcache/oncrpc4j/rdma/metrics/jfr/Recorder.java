// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.metrics.jfr;

/**
 * Makes events while a recording wants them, and null otherwise: who holds null does nothing more. Any thread. A Java runtime without the module
 * {@code jdk.jfr} never wants any.
 */
public final class Recorder {

    private static final boolean PRESENT = ModuleLayer.boot().findModule("jdk.jfr").isPresent();

    private Recorder() {}

    /** Begun; null when nobody records connections. */
    public static ConnectionEvent connection() {
        if (PRESENT) {
            ConnectionEvent event = new ConnectionEvent();
            if (event.isEnabled()) {
                event.begin();
                return event;
            }
        }
        return null;
    }

    /** Begun; null when nobody records calls. */
    public static CallEvent call() {
        if (PRESENT) {
            CallEvent event = new CallEvent();
            if (event.isEnabled()) {
                event.begin();
                return event;
            }
        }
        return null;
    }

    /** Begun; null when nobody records served calls. */
    public static ServedCallEvent servedCall() {
        if (PRESENT) {
            ServedCallEvent event = new ServedCallEvent();
            if (event.isEnabled()) {
                event.begin();
                return event;
            }
        }
        return null;
    }

    /** Records a refusal, drop or error. */
    public static void problem(String counter) {
        if (PRESENT) {
            ProblemEvent event = new ProblemEvent();
            if (event.isEnabled()) {
                event.counter = counter;
                event.commit();
            }
        }
    }
}
