// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.device;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Libc;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Memory;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.VerbsLayout;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who uses the contexts of librdmacm in this process, and how the kernel gets back a device that is removed. Any thread.
 *
 * <p>librdmacm opens each device once and closes it only when it looks for devices again and finds others (cma.c: sync_devices_list, which
 * gives up beforehand when no device is left at all). A kernel driver without disassociate_ucontext, such as rxe and siw, waits in the
 * removal until every descriptor of the device is closed (ib_uverbs_remove_one). So when the last user of a removed device's context has
 * freed what it made there, the context's two descriptors are replaced by ones of /dev/null, by dup3(2): the kernel's files are closed,
 * while the structure stays librdmacm's and whatever it may still do with it fails. The caller's {@link OpenDevices} keeps the structure
 * alive meanwhile.
 */
final class Contexts {

    private static final Logger LOG = LoggerFactory.getLogger(Contexts.class);
    private static final Map<Long, Use> USES = new HashMap<>();

    private Contexts() {}

    /** Of one context. */
    private static final class Use {
        private final String device;
        private final Path file;
        /** Of its folder: a device that is renamed keeps it. Null where the system does not say. */
        private final Object identity;
        /** Without a file from the start, its absence says nothing. */
        private final boolean watched;
        private int users;
        private boolean removed;

        Use(long context) {
            long address = Memory.getLong(context + VerbsLayout.Context.DEVICE);
            device = Memory.string(address + VerbsLayout.Device.NAME, VerbsLayout.Device.NAME_SIZE);
            file = Path.of(Memory.string(address + VerbsLayout.Device.DEV_PATH, VerbsLayout.Device.DEV_PATH_SIZE), "ibdev");
            identity = identity();
            watched = isThere();
        }

        private Object identity() {
            try {
                return Files.readAttributes(file.getParent(), BasicFileAttributes.class).fileKey();
            } catch (IOException e) {
                return null;
            }
        }

        /** Whether the kernel's list of devices for libibverbs has it. */
        private boolean isThere() {
            try {
                return Files.readString(file).strip().equals(device) || identity != null && identity.equals(identity());
            } catch (NoSuchFileException e) {
                return false;
            } catch (IOException e) {
                // The file goes away while it is read, or cannot be read: the next look tells.
                return watched;
            }
        }

        private boolean isGone() {
            return removed || watched && !isThere();
        }
    }

    /** One more user. */
    static synchronized void use(long context) {
        USES.computeIfAbsent(context, Use::new).users++;
    }

    /** Whether the device of a context in use is removed, or being removed. Reads a file. */
    static synchronized boolean isGone(long context) {
        Use use = USES.get(context);
        return use != null && use.isGone();
    }

    /**
     * A user has freed all it had made with the context.
     *
     * @param removed the user was told that the device is gone
     */
    static synchronized void release(long context, boolean removed) {
        Use use = USES.get(context);
        use.removed |= removed;
        if (--use.users > 0) {
            return;
        }
        USES.remove(context);
        if (use.isGone()) {
            Libc.replaceByNothing(Memory.getInt(context + VerbsLayout.Context.ASYNC_FD));
            Libc.replaceByNothing(Memory.getInt(context + VerbsLayout.Context.CMD_FD));
            LOG.info("this process has let go of the removed RDMA device {}", use.device);
        }
    }
}
