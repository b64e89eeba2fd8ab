// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.executor;

import com.google.common.util.concurrent.MoreExecutors;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * The combining lock, as callbacks use it (the send side has the same one): two threads bring work, one of them does it for both. The work
 * counts without any lock of its own, so a lost task, two at once, or one that does not see what the other wrote, all show in the sum.
 */
@JCStressTest
@Outcome(id = "6", expect = Expect.ACCEPTABLE, desc = "all, one at a time")
@Outcome(expect = Expect.FORBIDDEN, desc = "lost, or two at once")
@State
public class CallbackQueueStress {

    private static final Executors DIRECT = new Executors(MoreExecutors.newDirectExecutorService(),
            MoreExecutors.newDirectExecutorService(), null, false, Counters.process().child());

    private final CallbackQueue queue = new CallbackQueue(DIRECT, false);
    private int sum;

    @Actor
    public void one() {
        queue.add(() -> sum += 1);
        queue.add(() -> sum += 1);
    }

    @Actor
    public void other() {
        queue.add(() -> sum += 2);
        queue.add(() -> sum += 2);
    }

    @Arbiter
    public void total(I_Result seen) {
        seen.r1 = sum;
    }
}
