// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/** What may come together at the end of a call: the thread that posts it notes that it is sent, its reply comes, and its connection ends. Exactly one ends it. */
@JCStressTest
@Outcome(id = "[01], 1, 0", expect = Expect.ACCEPTABLE, desc = "the reply ended it, whether the sender had noted it or not")
@Outcome(id = "1, 0, 1", expect = Expect.ACCEPTABLE, desc = "the end of the connection did, once it was noted as sent")
@Outcome(expect = Expect.FORBIDDEN, desc = "nobody did, or two")
@State
public class PendingCallStress {

    private final PendingCall call = new PendingCall(null, 1, null);

    public PendingCallStress() {
        call.move(PendingCall.State.REGISTERED, PendingCall.State.SENDING);
    }

    @Actor
    public void senderThenEnd(III_Result seen) {
        seen.r1 = call.move(PendingCall.State.SENDING, PendingCall.State.SENT) ? 1 : 0;
        seen.r3 = call.move(PendingCall.State.SENT, PendingCall.State.DONE) ? 1 : 0;
    }

    @Actor
    public void reply(III_Result seen) {
        seen.r2 = call.answered() ? 1 : 0;
    }
}
