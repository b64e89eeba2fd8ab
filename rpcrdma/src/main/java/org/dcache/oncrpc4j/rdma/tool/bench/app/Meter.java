// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.management.JMException;
import org.HdrHistogram.Histogram;
import org.dcache.oncrpc4j.rdma.tool.counters.JmxCounters;

/**
 * What this JVM has used so far. One thread at a time.
 *
 * <p>Allocation is read by {@code getTotalThreadAllocatedBytes} where it exists (JDK 21); else it is the sum over the threads that were
 * alive at a reading, without what a thread allocates between its last reading and its end.
 */
final class Meter {

    private static final List<String> COPIES = List.of("xprt.bulk_bytes_copied", "iwarp.bytes_copied_out", "iwarp.bytes_copied_in");

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private final CompilationMXBean compiler = ManagementFactory.getCompilationMXBean();
    private final Method total = totalOrNull();
    private final Map<Long, Long> perThread = new HashMap<>();

    /** Bytes of Java heap allocated; -1 when this JVM does not count. */
    long allocatedBytes() {
        if (!threads.isThreadAllocatedMemorySupported() || !threads.isThreadAllocatedMemoryEnabled()) {
            return -1;
        }
        if (total != null) {
            try {
                return (Long) total.invoke(threads);
            } catch (IllegalAccessException | InvocationTargetException e) {
                throw new IllegalStateException(total + " failed", e);
            }
        }
        long[] ids = threads.getAllThreadIds();
        long[] bytes = threads.getThreadAllocatedBytes(ids);
        for (int i = 0; i < ids.length; i++) {
            if (bytes[i] >= 0) {
                perThread.merge(ids[i], bytes[i], Math::max);
            }
        }
        return perThread.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Processor time of the whole process, nanoseconds. */
    long cpuNanos() {
        return system.getProcessCpuTime();
    }

    /** Time that the JVM's compiler threads have taken for what they finished, milliseconds; 0 where there is no compiler. */
    long compiledMillis() {
        return compiler == null ? 0 : compiler.getTotalCompilationTime();
    }

    /** Bytes of bulk data that the RDMA transport and its provider copied; -1 if this JVM has no RDMA transport. */
    long copiedBytes() {
        try {
            return JmxCounters.read().map(counters -> COPIES.stream().mapToLong(name -> counters.getOrDefault(name, 0L)).sum()).orElse(-1L);
        } catch (JMException e) {
            throw new IllegalStateException("the counters cannot be read", e);
        }
    }

    /** Heap in use after a collection, and direct memory, bytes. */
    long heldBytes() {
        System.gc();
        long held = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
        for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
            held += pool.getMemoryUsed();
        }
        return held;
    }

    /** What is measured: a closed loop of calls. */
    interface Work<E extends Exception> {
        Load.Outcome run() throws IOException, E;
    }

    /** Runs a client's load; answers with its result and what this JVM used for it. */
    <E extends Exception> Message around(Work<E> work) throws IOException, E {
        long copied = copiedBytes();
        long allocated = allocatedBytes();
        long compiled = compiledMillis();
        long cpu = cpuNanos();
        Load.Outcome outcome = work.run();
        long cpuAfter = cpuNanos();
        long allocatedAfter = allocatedBytes();
        return Message.of("ok", "calls", outcome.calls(), "nanos", outcome.nanos(), "cpu", cpuAfter - cpu,
                "alloc", allocated < 0 ? -1 : allocatedAfter - allocated, "copied", copied < 0 ? -1 : copiedBytes() - copied,
                "compiled", compiledMillis() - compiled, "latencies", encode(outcome.latencies()));
    }

    static String encode(Histogram histogram) {
        ByteBuffer bytes = ByteBuffer.allocate(histogram.getNeededByteBufferCapacity());
        int length = histogram.encodeIntoCompressedByteBuffer(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(bytes.array(), length));
    }

    private static Method totalOrNull() {
        try {
            return ThreadMXBean.class.getMethod("getTotalThreadAllocatedBytes");
        } catch (NoSuchMethodException e) {
            return null;
        }
    }
}
