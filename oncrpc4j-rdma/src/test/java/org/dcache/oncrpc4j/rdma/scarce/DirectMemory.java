// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.scarce;

import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.dcache.oncrpc4j.rdma.verbs.MemoryBudget;

/** Takes all direct memory of this JVM but a little; for JVMs that have little ({@link ScarceJvm#ofDirectMemory}). */
public final class DirectMemory implements AutoCloseable {

    private static final BufferPoolMXBean DIRECT = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
            .filter(pool -> pool.getName().equals("direct")).findFirst().orElseThrow();

    private final List<ByteBuffer> taken = new ArrayList<>();

    /** From now on so many bytes can be allocated, garbage of direct memory aside, of which there is none when this returns. */
    public void leave(long bytes) throws InterruptedException {
        long before;
        do {
            before = DIRECT.getMemoryUsed();
            System.gc();
            Thread.sleep(100);
        } while (DIRECT.getMemoryUsed() != before);
        long surplus = MemoryBudget.maxDirectMemory() - before - bytes;
        if (surplus > 0) {
            taken.add(ByteBuffer.allocateDirect((int) surplus));
        }
    }

    /** Gives all back. */
    @Override
    public void close() throws InterruptedException {
        taken.clear();
        leave(Long.MAX_VALUE / 2);
    }
}
