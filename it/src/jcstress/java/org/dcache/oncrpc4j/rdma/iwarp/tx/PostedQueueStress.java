// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.tx;

import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * Two threads post a chain of two each, and one of them takes what there is: nothing is lost or seen twice, and each chain stays together
 * and in order.
 */
@JCStressTest
@Outcome(id = "4, 0", expect = Expect.ACCEPTABLE, desc = "all four, no chain torn or turned round")
@Outcome(expect = Expect.FORBIDDEN, desc = "lost, repeated or out of order")
@State
public class PostedQueueStress {

    private final PostedQueue queue = new PostedQueue();
    private final WorkRequest a2 = new WorkRequest();
    private final WorkRequest a1 = new WorkRequest().next(a2);
    private final WorkRequest b2 = new WorkRequest();
    private final WorkRequest b1 = new WorkRequest().next(b2);
    private int taken;
    private int faults;

    @Actor
    public void posterA() {
        queue.post(a1);
    }

    @Actor
    public void posterAndTaker() {
        queue.post(b1);
        walk(queue.takeAll());
    }

    private void walk(WorkRequest all) {
        for (WorkRequest request = all; request != null; request = request.next()) {
            taken++;
            if (request == a1 && request.next() != a2 || request == b1 && request.next() != b2) {
                faults++;
            }
        }
    }

    @Arbiter
    public void all(II_Result seen) {
        walk(queue.takeAll());
        seen.r1 = taken;
        seen.r2 = faults;
    }
}
