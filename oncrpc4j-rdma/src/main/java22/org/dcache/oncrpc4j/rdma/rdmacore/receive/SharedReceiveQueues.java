// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.receive;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.dcache.oncrpc4j.rdma.config.Choice;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.rdmacore.device.ControlThreads;
import org.dcache.oncrpc4j.rdma.rdmacore.device.Device;
import org.dcache.oncrpc4j.rdma.rdmacore.device.SharedReceivesSelfTest;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Verbs;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.VerbsLayout;
import org.dcache.oncrpc4j.rdma.rdmacore.loop.ReceivePool;
import org.dcache.oncrpc4j.rdma.verbs.error.DeviceErrorException;
import org.dcache.oncrpc4j.rdma.verbs.error.ProviderUnavailableException;
import org.dcache.oncrpc4j.rdma.verbs.error.ResourceLimitException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The shared receive queues of an adapter: for each device and size of receives the one that new connections join. It is made when the
 * first comes, and another when it takes no more; the ones before go with their last connection. Control threads join; the thread of
 * asynchronous events finds a queue by its address.
 */
public final class SharedReceiveQueues {

    private static final Logger LOG = LoggerFactory.getLogger(SharedReceiveQueues.class);

    private record Kind(Device device, int size) {}

    private final Verbs verbs;
    private final int depth;
    private final ControlThreads control;
    private final Counters counters;
    private final Map<Kind, SharedReceives> current = new HashMap<>();
    private final Map<Long, SharedReceives> byAddress = new ConcurrentHashMap<>();

    /**
     * @param depth receives of a queue at most
     */
    public SharedReceiveQueues(Verbs verbs, int depth, ControlThreads control, Counters counters) {
        this.verbs = verbs;
        this.depth = depth;
        this.control = control;
        this.counters = counters;
    }

    /**
     * The devices whose accepted connections share receives.
     *
     * @throws ProviderUnavailableException the setting insists on it, and one of them cannot
     */
    public static Set<Device> sharing(Verbs verbs, List<Device> devices, Choice choice) throws ProviderUnavailableException {
        Set<Device> sharing = new HashSet<>();
        if (choice == Choice.OFF) {
            return sharing;
        }
        for (Device device : devices) {
            String obstacle = device.sharesNoReceives();
            boolean known = obstacle != null;
            if (!known) {
                try {
                    SharedReceivesSelfTest.run(verbs, device);
                    sharing.add(device);
                    continue;
                } catch (ProviderUnavailableException e) {
                    obstacle = e.getMessage();
                }
            }
            if (choice == Choice.ON) {
                throw new ProviderUnavailableException("oncrpc.rdma.rdma-core.srq=on, and " + device.name() + " does not share receives: "
                        + obstacle + "; set it to auto, or name other devices in oncrpc.rdma.device");
            }
            if (!known) {
                LOG.warn("connections on {} do not share receives: {}", device.name(), obstacle);
            }
        }
        return sharing;
    }

    /**
     * Control: a part of the current queue, or of a new one.
     *
     * @throws ResourceLimitException the device makes none
     */
    public synchronized SharedCredits join(Device device, ReceivePool pool, Consumer<VerbsException> failed, Runnable oversent)
            throws ResourceLimitException {
        Kind kind = new Kind(device, pool.size());
        SharedReceives shared = current.get(kind);
        SharedCredits joined = shared == null ? null : SharedCredits.join(shared, device.saysLastReceive(), failed, oversent);
        if (joined != null) {
            return joined;
        }
        byAddress.values().removeIf(SharedReceives::isClosed);
        ReceiveBudget budget = new ReceiveBudget(depthOn(device));
        NativeSharedQueue queue = new NativeSharedQueue(verbs, device, budget.capacity());
        shared = new SharedReceives(queue, pool, budget, counters);
        current.put(kind, shared);
        byAddress.put(queue.address(), shared);
        return SharedCredits.join(shared, device.saysLastReceive(), failed, oversent);
    }

    private int depthOn(Device device) {
        int most = Math.min(device.maxSharedRequests(), device.maxCompletions());
        int fits = depth;
        while (ReceiveBudget.capacity(fits) > most && fits > 1) {
            fits /= 2;
        }
        return fits;
    }

    /** An event of a queue. On the thread of the events. */
    public void onAsyncEvent(int type, long address) {
        SharedReceives shared = byAddress.get(address);
        if (shared == null) {
            return;
        }
        if (type == VerbsLayout.AsyncEvent.SRQ_LIMIT_REACHED) {
            control.execute(shared::ranLow);
        } else {
            shared.failed(new DeviceErrorException("the device's shared receive queue broke (event " + type + " of libibverbs)"));
        }
    }
}
