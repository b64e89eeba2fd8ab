// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.disni;

import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.function.Supplier;
import org.dcache.oncrpc4j.rdma.verbs.MemoryRegion;

/**
 * Memory that may be named in work requests of every connection of its adapter. It is registered in each {@link Domain} in which it is
 * used: in those that exist for many connections at once, in those of a single connection with the first use.
 */
final class DisniRegion implements MemoryRegion {

    private final ByteBuffer memory;
    private final Supplier<Collection<Domain>> domains;
    private boolean closed;

    DisniRegion(ByteBuffer memory, Supplier<Collection<Domain>> domains) {
        this.memory = memory;
        this.domains = domains;
    }

    @Override
    public ByteBuffer memory() {
        return memory;
    }

    synchronized boolean isClosed() {
        return closed;
    }

    @Override
    public synchronized void close() {
        closed = true;
        domains.get().forEach(domain -> domain.forget(this));
    }
}
