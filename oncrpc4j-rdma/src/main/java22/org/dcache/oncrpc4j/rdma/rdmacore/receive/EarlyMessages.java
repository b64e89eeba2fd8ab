// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.receive;

import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.dcache.oncrpc4j.rdma.rdmacore.loop.PooledReceive;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;

/**
 * What came for an accepted connection before the connection manager said that it is up. Receives that are shared must be taken at once, or
 * a peer that sends but never says that it is ready would keep them from all others; there can be no more than its credits of them. On the
 * connection's loop.
 */
public final class EarlyMessages {

    private final ArrayDeque<PooledReceive> messages = new ArrayDeque<>();
    private VerbsException problem;

    public void add(PooledReceive message) {
        messages.add(message);
    }

    /** What the connection will end with as soon as it is up. @return whether it is the first such */
    public boolean problem(VerbsException cause) {
        boolean first = problem == null;
        if (first) {
            problem = cause;
        }
        return first;
    }

    /** Null when there is none. */
    public VerbsException problem() {
        return problem;
    }

    /** Hands all on, in order. */
    public void drain(Consumer<PooledReceive> to) {
        for (PooledReceive message = messages.poll(); message != null; message = messages.poll()) {
            to.accept(message);
        }
    }
}
