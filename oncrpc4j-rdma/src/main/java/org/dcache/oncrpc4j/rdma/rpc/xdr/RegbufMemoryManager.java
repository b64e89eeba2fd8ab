// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.xdr;

import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.xprt.link.SharedThreads;
import org.dcache.oncrpc4j.rdma.xprt.memory.RegbufPool;
import org.glassfish.grizzly.memory.MemoryManager;
import org.glassfish.grizzly.memory.MemoryProbe;
import org.glassfish.grizzly.monitoring.MonitoringConfig;

/** Lets an {@code Xdr} grow in regbufs. Any thread. */
public final class RegbufMemoryManager implements MemoryManager<RegbufBuffer> {

    private final RegbufPool pool;
    private final boolean lends;
    private final boolean lendsReplies;

    /**
     * @param lends whether programs may look into a call's own memory until they reply
     * @param lendsReplies whether completion handlers may look into a reply's own memory until they return
     */
    public RegbufMemoryManager(RegbufPool pool, boolean lends, boolean lendsReplies) {
        this.pool = pool;
        this.lends = lends;
        this.lendsReplies = lendsReplies;
    }

    /** See {@code oncrpc.rdma.lend}. */
    boolean lends() {
        return lends;
    }

    /** See {@code oncrpc.rdma.lend-replies}. */
    public boolean lendsReplies() {
        return lendsReplies;
    }

    /** Whether a loop may encode and send: without waiting for the registration of memory. */
    public boolean isReadyOnLoops() {
        return pool.registersAhead();
    }

    Counters counters() {
        return pool.counters();
    }

    /** For the counter of copies. */
    void copied(int bytes) {
        pool.copied(bytes);
    }

    /** On a loop it may lie on the heap with any adapter: what is encoded there is copied before a device has it. */
    @Override
    public RegbufBuffer allocate(int size) {
        return new RegbufBuffer(SharedThreads.isLoop() ? pool.acquireUnsent(size) : pool.acquire(size));
    }

    @Override
    public RegbufBuffer allocateAtLeast(int size) {
        return allocate(size);
    }

    /** A larger buffer with the same content up to the position; the old one is free again. */
    @Override
    public RegbufBuffer reallocate(RegbufBuffer old, int size) {
        RegbufBuffer larger = allocate(size);
        ByteBuffer source = old.regbuf().memory();
        int used = source.position();
        larger.regbuf().memory().put(0, source, 0, used);
        larger.position(used);
        old.regbuf().release();
        return larger;
    }

    @Override
    public void release(RegbufBuffer buffer) {
        buffer.regbuf().release();
    }

    @Override
    public boolean willAllocateDirect(int size) {
        return true;
    }

    @Override
    @SuppressWarnings("unchecked")
    public MonitoringConfig<MemoryProbe> getMonitoringConfig() {
        return DEFAULT_MEMORY_MANAGER.getMonitoringConfig();
    }
}
