// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.metrics.jfr;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** From the handshake to the end of a connection. One thread at a time fills it. */
@Name("org.dcache.oncrpc4j.rdma.Connection")
@Label("RDMA connection")
@Category({"oncrpc4j", "RDMA"})
@Description("A connection that has ended; its duration is how long it was up")
@StackTrace(false)
public final class ConnectionEvent extends Event {

    @Label("Remote address")
    public String remote;

    @Label("Local address")
    public String local;

    @Label("Provider")
    public String provider;

    @Label("Dialled by this side")
    public boolean dialled;

    @Label("Messages received")
    public long received;

    @Label("Cause of the end")
    public String cause;
}
