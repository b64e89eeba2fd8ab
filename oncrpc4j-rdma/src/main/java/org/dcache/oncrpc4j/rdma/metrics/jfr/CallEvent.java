// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.metrics.jfr;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/**
 * A call of ours, from its handing over to the transport to its reply, error or end. Off unless a recording names it: there is one for each
 * RPC. Filled by one thread at a time.
 */
@Name("org.dcache.oncrpc4j.rdma.Call")
@Label("RPC over RDMA, called")
@Category({"oncrpc4j", "RDMA"})
@Description("A call of this side and its reply")
@Enabled(false)
@StackTrace(false)
public final class CallEvent extends Event {

    @Label("Remote address")
    public String remote;

    @Label("XID")
    public int xid;

    @Label("Path of the call")
    @Description("client_call_inline, client_call_read_chunk or client_call_long; empty when it was never sent")
    public String callPath = "";

    @Label("Path of the reply")
    @Description("client_reply_inline, client_reply_write_chunk or client_reply_long; empty when there was none")
    public String replyPath = "";

    @Label("Bytes of the call")
    @DataAmount
    public int callBytes;

    @Label("Wait for a credit")
    @Timespan(Timespan.NANOSECONDS)
    public long creditWait;

    @Label("Failure")
    @Description("Why there was no reply; null when there was one")
    public String failure;
}
