// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs.parts;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;

/**
 * Requests that were posted after the end of their connection: they fail in the thread that posted them, or in the one that is just doing
 * the same, so never two at a time.
 */
public final class LateRequests {

    private final ConcurrentLinkedQueue<WorkRequest> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger count = new AtomicInteger();

    /** Any thread. */
    public void fail(WorkRequest chain, Consumer<WorkRequest> failed) {
        for (WorkRequest request = chain; request != null; ) {
            WorkRequest following = request.next();
            waiting.add(request);
            request = following;
        }
        if (count.getAndIncrement() == 0) {
            int rounds = 1;
            do {
                for (WorkRequest request = waiting.poll(); request != null; request = waiting.poll()) {
                    failed.accept(request);
                }
                rounds = count.addAndGet(-rounds);
            } while (rounds > 0);
        }
    }
}
