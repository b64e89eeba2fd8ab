// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** The counters of one export. Any thread. */
public final class ExportCounters {

    private final Map<ExportCounter, LongAdder> adders = new EnumMap<>(ExportCounter.class);

    public ExportCounters() {
        for (ExportCounter counter : ExportCounter.values()) {
            adders.put(counter, new LongAdder());
        }
    }

    void increment(ExportCounter counter) {
        add(counter, 1);
    }

    void add(ExportCounter counter, long number) {
        adders.get(counter).add(number);
    }

    public long get(ExportCounter counter) {
        return adders.get(counter).sum();
    }
}
