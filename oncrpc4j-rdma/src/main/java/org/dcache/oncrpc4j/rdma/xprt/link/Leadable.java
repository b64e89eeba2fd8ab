// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.link;

import java.util.function.BooleanSupplier;
import org.dcache.oncrpc4j.rdma.verbs.QueuePair;

/** The loop of a connection, as a thread of the service sees that serves it until the next call comes. Any thread that may wait. */
public interface Leadable {

    /** See {@link QueuePair#serveNext}. */
    boolean serveNext(long millis, BooleanSupplier over, BooleanSupplier followed);

    /** See {@link QueuePair#isServed}. */
    boolean isServed();

    /** Who serves the loop, if it is not the caller, asks soon whether its wait is over. */
    void wakeLoop();

    /** See {@link QueuePair#keepServed}. */
    void keepServed();
}
