// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.rx;

import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * The send side adds a Read while the loop looks for the oldest: it sees none, or all of it; and a place that was emptied is not seen
 * twice.
 */
@JCStressTest
@Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "not added yet")
@Outcome(id = "7, 5", expect = Expect.ACCEPTABLE, desc = "all of the first, then none")
@Outcome(id = "7, 12", expect = Expect.ACCEPTABLE, desc = "both")
@Outcome(expect = Expect.FORBIDDEN, desc = "part of a Read, or one twice")
@State
public class ReadSinksStress {

    private final ReadSinks sinks = new ReadSinks(2);
    private final WorkRequest first = new WorkRequest();
    private final WorkRequest second = new WorkRequest();

    @Actor
    public void sendSide() {
        sinks.add(first, 7, ByteBuffer.allocate(5));
        sinks.add(second, 8, ByteBuffer.allocate(7));
    }

    @Actor
    public void loop(II_Result seen) {
        int lengths = 0;
        if (!sinks.isEmpty()) {
            seen.r1 = sinks.oldestStag();
            lengths = sinks.oldestLength();
            if (sinks.remove() != first) {
                lengths = -1;
            }
            if (!sinks.isEmpty()) {
                lengths += sinks.oldestStag() == 8 ? sinks.oldestLength() : 1000;
                if (sinks.remove() != second) {
                    lengths = -2;
                }
            }
        }
        seen.r2 = lengths;
    }
}
