// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.memory;

import org.dcache.oncrpc4j.rdma.verbs.MemoryRegion;

/** One registration of a {@link RegbufPool}, cut into buffers of one size class. The pool's lock guards {@link #unused}. */
final class RegbufSlab {

    private final MemoryRegion region;
    private final int bytes;
    private final int sizeClass;
    private final int buffers;
    /** Buffers of it that nobody owns. */
    int unused;

    RegbufSlab(MemoryRegion region, int bytes, int sizeClass, int buffers) {
        this.region = region;
        this.bytes = bytes;
        this.sizeClass = sizeClass;
        this.buffers = buffers;
    }

    MemoryRegion region() {
        return region;
    }

    /** What it takes of the budget. */
    int bytes() {
        return bytes;
    }

    int sizeClass() {
        return sizeClass;
    }

    /** Whether it is one buffer's alone. */
    boolean isSingle() {
        return buffers == 1;
    }

    /** Whether nobody owns any of its buffers, so that it can be given up. */
    boolean isUnused() {
        return unused == buffers;
    }
}
