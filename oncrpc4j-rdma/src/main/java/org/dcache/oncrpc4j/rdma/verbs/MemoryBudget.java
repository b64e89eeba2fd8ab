// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.atomic.AtomicLong;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.config.ConfigurationException;
import org.dcache.oncrpc4j.rdma.config.Settings;

/**
 * The direct memory that one adapter and all who use it may have: regbufs, receives and staging take from the same {@code
 * oncrpc.rdma.memory} bytes.
 *
 * <p>The adapter makes it when it is opened, which fails when the JVM does not allow so much. Whoever wants a slab reserves it first, and
 * releases what it gives up or could not allocate. Any thread, without a lock; {@link #reserve} may have others give up what they do not
 * use, which can unregister memory, so it is not for loops.
 */
public final class MemoryBudget {

    /** Less than this does not carry one call of 1 MiB beside receives and staging. */
    private static final long LEAST = 8 << 20;

    private final long limit;
    private final AtomicLong used = new AtomicLong();
    private volatile Runnable reclaimer;

    public MemoryBudget(long limit) {
        this.limit = limit;
    }

    /** @throws ConfigurationException when the setting asks for more direct memory than the JVM may have */
    public static MemoryBudget of(Configuration config) {
        return new MemoryBudget(bytes(config));
    }

    /** Bytes that the budget of such a configuration has. */
    public static long bytes(Configuration config) {
        long most = maxDirectMemory();
        Long asked = config.get(Settings.MEMORY);
        long wanted = asked == null ? Math.max(LEAST, most / 4) : asked;
        if (wanted > most) {
            throw new ConfigurationException(Settings.MEMORY.name() + "=" + config.text(Settings.MEMORY) + ": expected at least "
                    + (wanted >> 20) + "m of direct memory, the JVM allows " + (most >> 20) + "m; raise -XX:MaxDirectMemorySize"
                    + (asked == null ? "" : " or lower the setting"));
        }
        return wanted;
    }

    /**
     * Bytes of direct memory that this JVM may have; where it does not tell, as in a runtime without the module jdk.management, as much as
     * the heap may, which is its default.
     */
    public static long maxDirectMemory() {
        try {
            HotSpotDiagnosticMXBean hotspot = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
            long value = hotspot == null ? 0 : Long.parseLong(hotspot.getVMOption("MaxDirectMemorySize").getValue());
            return value > 0 ? value : Runtime.getRuntime().maxMemory();
        } catch (IllegalArgumentException | LinkageError e) {
            return Runtime.getRuntime().maxMemory();
        }
    }

    public long limit() {
        return limit;
    }

    /** Bytes that are reserved now. */
    public long used() {
        return used.get();
    }

    /** Takes so many bytes if they are left. */
    public boolean tryReserve(long bytes) {
        long now;
        do {
            now = used.get();
            if (now + bytes > limit) {
                return false;
            }
        } while (!used.compareAndSet(now, now + bytes));
        return true;
    }

    /** As {@link #tryReserve}, after others have given up what they do not use. Not on a loop. */
    public boolean reserve(long bytes) {
        if (tryReserve(bytes)) {
            return true;
        }
        Runnable others = reclaimer;
        if (others == null) {
            return false;
        }
        others.run();
        return tryReserve(bytes);
    }

    /** Takes so many bytes also where none are left: for the little without which nothing could go on. */
    public void reserveAnyway(long bytes) {
        used.addAndGet(bytes);
    }

    public void release(long bytes) {
        used.addAndGet(-bytes);
    }

    /** What makes room for others; it may unregister memory. One for each budget, that of the regbufs. */
    public void reclaimer(Runnable frees) {
        reclaimer = frees;
    }
}
