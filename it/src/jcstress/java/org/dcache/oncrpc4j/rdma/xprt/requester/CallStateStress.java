// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.requester;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;

/** Races at the end of a call. {@code CallStateTest} tries the transitions one after the other; here threads make them at the same time. */
public final class CallStateStress {

    private CallStateStress() {}

    private static CallState built() {
        CallState call = new CallState();
        call.build();
        return call;
    }

    /** The number of ends that this is. */
    private static int ends(CallState.Due due) {
        return due == CallState.Due.FENCE_AND_FAIL ? 1 : 0;
    }

    /** The thread that posts it notes that it is sent, its reply comes, and its connection ends. Exactly one ends it. */
    @JCStressTest
    @Outcome(id = "0, 1, 0", expect = Expect.ACCEPTABLE, desc = "the reply ended it")
    @Outcome(id = "0, 0, 1", expect = Expect.ACCEPTABLE, desc = "the end of the connection did, once it was noted as sent")
    @Outcome(expect = Expect.FORBIDDEN, desc = "nobody did, or two")
    @State
    public static class SenderThenEndAndReply {

        private final CallState call = built();

        public SenderThenEndAndReply() {
            call.arm();
        }

        @Actor
        public void senderThenEnd(III_Result seen) {
            seen.r1 = ends(call.posted());
            seen.r3 = ends(call.end());
        }

        @Actor
        public void reply(III_Result seen) {
            seen.r2 = call.answered() == CallState.Answer.WANTED ? 1 : 0;
        }
    }

    /** It is posted while its connection ends: whoever comes second ends it. */
    @JCStressTest
    @Outcome(id = {"1, 0", "0, 1"}, expect = Expect.ACCEPTABLE, desc = "one of the two")
    @Outcome(expect = Expect.FORBIDDEN, desc = "nobody did, or both")
    @State
    public static class SenderAndEnd {

        private final CallState call = built();

        @Actor
        public void sender(II_Result seen) {
            call.arm();
            seen.r1 = ends(call.posted());
        }

        @Actor
        public void end(II_Result seen) {
            seen.r2 = ends(call.end());
        }
    }

    /** It cannot be built while its caller gives it up: the caller must not wait for a fence that has passed, which would never end. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "the caller waited, and woke")
    @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "it was over already")
    @Outcome(expect = Expect.FORBIDDEN)
    @State
    public static class RefuseAndAbandon {

        private final CallState call = built();

        @Actor
        public void refuse(II_Result seen) {
            call.refused();
            call.fenced();
            seen.r1 = 1;
        }

        @Actor
        public void abandon(II_Result seen) {
            if (call.abandon() == CallState.Due.WAIT) {
                call.awaitFenced();
                seen.r2 = 1;
            }
        }
    }

    /** All three. It needs three processors; JCStress leaves it out where there are fewer. */
    @JCStressTest
    @Outcome(id = {"1, 1, 0", "1, 0, 0"}, expect = Expect.ACCEPTABLE,
            desc = "refused; nobody else ends it, and the caller woke if it waited")
    @Outcome(expect = Expect.FORBIDDEN)
    @State
    public static class RefuseAbandonAndEnd {

        private final CallState call = built();

        @Actor
        public void refuse(III_Result seen) {
            call.refused();
            call.fenced();
            seen.r1 = 1;
        }

        @Actor
        public void abandon(III_Result seen) {
            if (call.abandon() == CallState.Due.WAIT) {
                call.awaitFenced();
                seen.r2 = 1;
            }
        }

        @Actor
        public void end(III_Result seen) {
            seen.r3 = ends(call.end());
        }
    }
}
