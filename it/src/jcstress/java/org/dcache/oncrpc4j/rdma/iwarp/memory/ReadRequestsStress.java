// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.memory;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJ_Result;

/** The loop adds the first Read Request of a connection, which allocates the ring, while the send side looks for it: none, or all of it. */
@JCStressTest
@Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "not added yet")
@Outcome(id = "111, 0", expect = Expect.ACCEPTABLE, desc = "the first")
@Outcome(id = "111, 222", expect = Expect.ACCEPTABLE, desc = "both, in order")
@Outcome(expect = Expect.FORBIDDEN, desc = "part of a request, or out of order")
@State
public class ReadRequestsStress {

    private final ReadRequests requests = new ReadRequests(2);

    @Actor
    public void loop() {
        requests.add(100, 10, 1, null, 0);
        requests.add(200, 20, 2, null, 0);
    }

    @Actor
    public void sendSide(JJ_Result seen) {
        if (!requests.isEmpty()) {
            seen.r1 = take();
            if (!requests.isEmpty()) {
                seen.r2 = take();
            }
        }
    }

    private long take() {
        long sum = requests.sinkStag() + requests.sinkOffset() + requests.length();
        requests.remove();
        return sum;
    }
}
