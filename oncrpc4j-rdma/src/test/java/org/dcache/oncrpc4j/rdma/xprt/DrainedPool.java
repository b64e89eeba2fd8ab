// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.dcache.oncrpc4j.rdma.rpc.harness.LeakLedger;
import org.dcache.oncrpc4j.rdma.xprt.link.RdmaDevice;
import org.dcache.oncrpc4j.rdma.xprt.memory.Regbuf;

/** Holds all registered memory that a device may have, so that none lies ready and none can be made, until it is closed. */
public final class DrainedPool implements AutoCloseable {

    private final RdmaDevice device;
    private final List<Regbuf> taken = new ArrayList<>();

    public DrainedPool(RdmaDevice device) {
        this.device = device;
        take();
        // A slab that was asked for ahead may be on its way.
        CountDownLatch made = new CountDownLatch(1);
        device.offLoop(made::countDown);
        LeakLedger.await("slabs are made", () -> made.getCount() == 0);
        take();
    }

    private void take() {
        for (int size = 1 << 20; size >= 4096; size /= 2) {
            for (Regbuf next = device.regbufs().tryAcquire(size); next != null; next = device.regbufs().tryAcquire(size)) {
                taken.add(next);
            }
        }
    }

    @Override
    public void close() {
        taken.forEach(Regbuf::release);
    }
}
