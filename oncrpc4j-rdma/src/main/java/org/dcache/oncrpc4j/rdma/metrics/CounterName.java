// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.metrics;

/** The name of a counter. Each package has an enum of its own; its constants' comments say what they count. */
public interface CounterName extends MetricName {

    /** What it is to whoever watches. Each counter says that for itself: there is no default to be overlooked. */
    enum Severity {
        /** Work, and what belongs to it: also waits, and the orderly end of something. */
        NORMAL,
        /** A refusal, a drop or an error: worth a look, each of them. A recording notes it, and the last one's peer and cause are kept. */
        PROBLEM
    }

    Severity severity();

    default boolean problem() {
        return severity() == Severity.PROBLEM;
    }
}
