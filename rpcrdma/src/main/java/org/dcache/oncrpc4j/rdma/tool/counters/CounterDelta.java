// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.counters;

import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.BULK_BYTES_COPIED;
import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.CALLS_NOT_HANDED_OVER;
import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.CREDIT_WAITS;
import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.KEEPALIVES;
import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.LOCAL_INVALIDATIONS;
import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.REMOTE_INVALIDATIONS;
import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.SENDS;
import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.SENDS_WITH_INVALIDATE;
import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.SINK_WAITS;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;

/** What the connection engine counted between two readings, in a form that can be compared with what had to be counted. Stateless. */
public final class CounterDelta {

    /**
     * May move or not: which side invalidates is the provider's matter, whether somebody has to wait, and which thread runs a call, the
     * machine's, and how often data is copied the application's too.
     */
    private static final Set<String> FREE = Stream.of(LOCAL_INVALIDATIONS, REMOTE_INVALIDATIONS, KEEPALIVES, SINK_WAITS, CREDIT_WAITS,
            BULK_BYTES_COPIED, CALLS_NOT_HANDED_OVER)
            .map(XprtCounter::label)
            .collect(Collectors.toUnmodifiableSet());

    private CounterDelta() {}

    /**
     * All counters of the engine that moved. A Send is a Send, with an invalidation or without; what depends on the machine or the provider
     * is left out.
     *
     * @param before by label
     * @param after by label
     */
    public static Map<String, Long> of(Map<String, Long> before, Map<String, Long> after) {
        Map<String, Long> delta = new TreeMap<>();
        after.forEach((name, value) -> {
            long moved = value - before.getOrDefault(name, 0L);
            if (moved != 0 && name.startsWith(SENDS.group() + '.') && !FREE.contains(name)) {
                delta.merge(name.equals(SENDS_WITH_INVALIDATE.label()) ? SENDS.label() : name, moved, Long::sum);
            }
        });
        return delta;
    }
}
