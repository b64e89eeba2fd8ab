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

/**
 * A call of a peer, from the moment when it lies whole in our memory to the posting of its reply: queueing for a thread, the program,
 * encoding. Off unless a recording names it: there is one for each RPC. Filled by one thread at a time.
 */
@Name("org.dcache.oncrpc4j.rdma.ServedCall")
@Label("RPC over RDMA, served")
@Category({"oncrpc4j", "RDMA"})
@Description("A call of a peer and our reply")
@Enabled(false)
@StackTrace(false)
public final class ServedCallEvent extends Event {

    @Label("Remote address")
    public String remote;

    @Label("XID")
    public int xid;

    @Label("Path of the call")
    @Description("server_call_inline, server_call_read_chunk or server_call_long")
    public String callPath = "";

    @Label("Path of the reply")
    @Description("server_reply_inline, server_reply_write_chunk, server_reply_long, or the counter of the error that was sent; empty when "
            + "the connection had ended")
    public String replyPath = "";

    @Label("Bytes of the call")
    @DataAmount
    public int callBytes;

    @Label("Bytes of the reply")
    @DataAmount
    public int replyBytes;
}
