// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.metrics.jfr;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Period;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** How long calls of one side, kind and operation took, in the whole process, since the event before or the start. */
@Name("org.dcache.oncrpc4j.rdma.Latency")
@Label("RPC over RDMA, latency")
@Category({"oncrpc4j", "RDMA"})
@Description("Calls of one side, kind and operation that were answered since the last such event, or since the start")
@Period("10 s")
@StackTrace(false)
public final class LatencyEvent extends Event {

    @Label("Side")
    @Description("called or served")
    public String side;

    @Label("Kind")
    @Description("inline, chunk or long")
    public String kind;

    @Label("Operation")
    public String operation;

    @Label("Calls")
    public long calls;

    @Label("Bytes of calls and replies")
    @DataAmount
    public long bytes;

    @Label("Average")
    @Timespan(Timespan.MICROSECONDS)
    public long average;

    @Label("Median")
    @Description("Half of the calls took less")
    @Timespan(Timespan.MICROSECONDS)
    public long p50;

    @Label("99th percentile")
    @Description("99 of 100 calls took less")
    @Timespan(Timespan.MICROSECONDS)
    public long p99;
}
