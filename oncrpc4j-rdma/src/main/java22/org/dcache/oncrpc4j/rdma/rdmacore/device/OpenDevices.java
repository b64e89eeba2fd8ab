// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.device;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.ConnectionManager;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Errno;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Libraries;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Memory;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.NativeFunction;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.VerbsLayout;
import org.dcache.oncrpc4j.rdma.verbs.error.ProviderUnavailableException;

/**
 * The contexts that librdmacm has open, one for each device, shared by all users of the process. From rdma_get_devices to rdma_free_devices
 * it keeps each of them, also one whose device it finds gone; so this is held for as long as an adapter may touch them, and closed last. It
 * opens all of them, also those that are not asked for: these are watched as well, and let go of when they are removed, so that the kernel
 * does not wait for somebody who does nothing with them. Any thread.
 */
public final class OpenDevices implements AutoCloseable {

    private final ConnectionManager cm;
    private final long list;
    private final List<Long> contexts = new ArrayList<>();
    private final Set<Long> idle = ConcurrentHashMap.newKeySet();
    private boolean closed;

    /**
     * @param names devices to be used; all if there are none
     * @throws ProviderUnavailableException there is none; nothing is held
     */
    public OpenDevices(Libraries libraries, List<String> names) throws ProviderUnavailableException {
        cm = libraries.cm();
        List<String> found = new ArrayList<>();
        try (Memory.Block count = new Memory.Block(4)) {
            list = cm.getDevices(count.address());
            if (list == 0) {
                throw new ProviderUnavailableException("librdmacm opens no device: " + Errno.text(NativeFunction.errno())
                        + "; are the kernel modules rdma_ucm and ib_uverbs loaded?");
            }
            for (int i = 0; i < Memory.getInt(count.address()); i++) {
                long context = Memory.getLong(list + 8L * i);
                String name = libraries.verbs().deviceName(Memory.getLong(context + VerbsLayout.Context.DEVICE));
                found.add(name);
                if (names.isEmpty() || names.contains(name)) {
                    contexts.add(context);
                } else {
                    idle.add(context);
                    Contexts.use(context);
                }
            }
        }
        if (contexts.isEmpty()) {
            close();
            throw new ProviderUnavailableException(found.isEmpty()
                    ? "libibverbs has no device; is the driver's library there (ibverbs-providers on Debian)? `ibv_devices` lists them"
                    : "no RDMA device is named " + String.join(" or ", names) + " (oncrpc.rdma.device); there are "
                    + String.join(", ", found));
        }
    }

    /** struct ibv_context of each device that was asked for. */
    public List<Long> contexts() {
        return List.copyOf(contexts);
    }

    /** struct ibv_context of each other device that is there. */
    public Set<Long> idle() {
        return idle;
    }

    /** One of the others is removed. */
    public void letGo(long context) {
        if (idle.remove(context)) {
            Contexts.release(context, true);
        }
    }

    /** When nobody touches the contexts any more. Idempotent. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            for (long context : idle) {
                if (idle.remove(context)) {
                    Contexts.release(context, false);
                }
            }
            cm.freeDevices(list);
        }
    }
}
