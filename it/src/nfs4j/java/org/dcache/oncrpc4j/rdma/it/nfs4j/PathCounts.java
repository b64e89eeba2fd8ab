// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs4j;

import java.util.Map;
import org.dcache.oncrpc4j.rdma.metrics.Counters;

/**
 * What the transport of this JVM has counted since an instance was made; client and server both count. Not read by JMX, where the counters
 * are only while there is a service. One thread.
 */
final class PathCounts {

    private final Map<String, Long> before = Counters.process().snapshot();

    /** @param label without its group, for example {@code server_reply_long} */
    long of(String label) {
        return all().getOrDefault("xprt." + label, 0L);
    }

    /** All that has counted since. */
    Map<String, Long> all() {
        Map<String, Long> since = Counters.process().snapshot();
        since.replaceAll((label, n) -> n - before.getOrDefault(label, 0L));
        since.values().removeIf(n -> n == 0);
        return since;
    }
}
