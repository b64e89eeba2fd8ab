// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.metrics.jfr;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;

/** A refusal, drop or error, at the moment when it was counted; the stack says where. */
@Name("org.dcache.oncrpc4j.rdma.Problem")
@Label("RDMA problem")
@Category({"oncrpc4j", "RDMA"})
@Description("A refusal, drop or protocol error was counted")
public final class ProblemEvent extends Event {

    @Label("Counter")
    public String counter;

    @Label("Peer")
    @Description("Null where nobody knows")
    public String peer;

    @Label("Cause")
    @Description("Null where the counter's name says it all")
    public String cause;
}
