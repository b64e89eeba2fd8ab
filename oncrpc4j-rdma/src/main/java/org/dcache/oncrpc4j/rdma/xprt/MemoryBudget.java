// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.config.ConfigurationException;
import org.dcache.oncrpc4j.rdma.config.Settings;

/** How much memory may be registered: the setting {@code oncrpc.rdma.memory}, held against what the JVM allows. */
public final class MemoryBudget {

    private MemoryBudget() {}

    /** @throws ConfigurationException when the setting asks for more direct memory than the JVM may have */
    public static long bytes(Configuration config) {
        long limit = maxDirectMemory();
        Long asked = config.get(Settings.MEMORY);
        if (asked == null) {
            return limit / 4;
        }
        if (asked > limit) {
            throw new ConfigurationException(Settings.MEMORY.name() + "=" + config.text(Settings.MEMORY) + ": the JVM allows " + (limit >> 20)
                    + "m of direct memory; raise -XX:MaxDirectMemorySize or lower the setting");
        }
        return asked;
    }

    /** Bytes of direct memory that this JVM may have. */
    public static long maxDirectMemory() {
        try {
            HotSpotDiagnosticMXBean hotspot = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
            long value = hotspot == null ? 0 : Long.parseLong(hotspot.getVMOption("MaxDirectMemorySize").getValue());
            return value > 0 ? value : Runtime.getRuntime().maxMemory();
        } catch (IllegalArgumentException e) {
            return Runtime.getRuntime().maxMemory();
        }
    }
}
