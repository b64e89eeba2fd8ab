// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.cm;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.dcache.oncrpc4j.rdma.rdmacore.device.ControlThreads;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.CmEventType;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.CmLayout;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.ConnectionManager;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Errno;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Libc;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Memory;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.NativeFunction;
import org.dcache.oncrpc4j.rdma.verbs.error.ProviderUnavailableException;
import org.dcache.oncrpc4j.rdma.verbs.parts.LoopThread;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The event channel of an adapter's connection ids, with the daemon thread that reads it. The thread copies each event, gives it back to
 * the library at once, since destroying an id waits for that, and hands the copy to the id's owner, who only passes it on. It sleeps in
 * poll(2).
 *
 * <p>With an event in hand the library changes the state of the id's queue pair by itself (rdma_get_cm_event: to ready at an answer, to
 * error at a rejection), and it does not lock that: so no queue pair is destroyed meanwhile ({@link #destroyQueuePair}).
 */
public final class CmChannel {

    /** Who an id belongs to. On the channel's thread; must only pass the event on. */
    public interface Owner {
        void onCmEvent(CmEvent event);
    }

    private static final Logger LOG = LoggerFactory.getLogger(CmChannel.class);

    private final ConnectionManager cm;
    private final ControlThreads control;
    private final long channel;
    private final int wakeup = Libc.eventfd();
    private final Memory.Block scratch = new Memory.Block(64);
    private final Map<Long, Owner> owners = new ConcurrentHashMap<>();
    private final LoopThread thread;
    /** Fair: many queue pairs may be destroyed one after the other, and events are to come through. */
    private final ReentrantLock library = new ReentrantLock(true);
    private volatile boolean stopping;

    public CmChannel(ConnectionManager cm, ControlThreads control) throws ProviderUnavailableException {
        this.cm = cm;
        this.control = control;
        channel = cm.createEventChannel();
        if (channel == 0) {
            int errno = NativeFunction.errno();
            Libc.close(wakeup);
            throw new ProviderUnavailableException("no event channel for connections: " + Errno.text(errno)
                    + "; is the kernel module rdma_ucm loaded and /dev/infiniband/rdma_cm accessible?");
        }
        int fd = Memory.getInt(channel + CmLayout.Channel.FD);
        Libc.nonBlocking(fd);
        Memory.putLong(scratch.address(), 1);
        Libc.pollFor(scratch.address() + 16, 0, wakeup);
        Libc.pollFor(scratch.address() + 16, 1, fd);
        thread = LoopThread.of("rdma-core-cm", this::run, null);
        try {
            thread.start();
        } catch (OutOfMemoryError e) {
            close();
            throw e;
        }
    }

    /** A new id; 0 when there is none, see errno. Control thread. */
    public long createId(Owner owner) {
        try (Memory.Block block = new Memory.Block(8)) {
            if (cm.createId(channel, block.address(), 0) != 0) {
                return 0;
            }
            long id = Memory.getLong(block.address());
            owners.put(id, owner);
            return id;
        }
    }

    /** Gives the id of a connection request its owner. On the channel's thread, in {@link Owner#onCmEvent}. */
    void adopt(long id, Owner owner) {
        owners.put(id, owner);
    }

    /** Destroys an id; no event of it comes after that. Control thread. */
    public void destroyId(long id) {
        owners.remove(id);
        cm.destroyId(id);
    }

    /** Destroys the queue pair of an id, if it has one. Control thread; waits for an event that is being read. */
    void destroyQueuePair(long id) {
        library.lock();
        try {
            cm.destroyQp(id);
        } finally {
            library.unlock();
        }
    }

    private boolean nextEvent() {
        library.lock();
        try {
            return cm.getCmEvent(channel, scratch.address() + 40);
        } finally {
            library.unlock();
        }
    }

    private void run() {
        while (!stopping) {
            Libc.poll(scratch.address() + 16, 2, -1);
            if (Libc.ready(scratch.address() + 16, 0)) {
                Libc.drain(wakeup, scratch.address() + 8);
            }
            while (!stopping && nextEvent()) {
                long event = Memory.getLong(scratch.address() + 40);
                long listening = Memory.getLong(event + CmLayout.Event.LISTEN_ID);
                CmEvent copy = CmEvent.copy(event);
                Owner owner = owners.get(copy.type() == CmEventType.CONNECT_REQUEST ? listening : copy.id());
                cm.ackCmEvent(event);
                try {
                    if (owner != null) {
                        owner.onCmEvent(copy);
                    } else if (copy.type() == CmEventType.CONNECT_REQUEST) {
                        // Its listener is gone.
                        control.execute(() -> cm.destroyId(copy.id()));
                    }
                } catch (Throwable e) {
                    LOG.error("handling {} failed", copy.type(), e);
                }
            }
        }
    }

    /** Ends the thread, then frees the channel. When all ids are destroyed. */
    public void close() {
        stopping = true;
        Libc.signal(wakeup, scratch.address());
        thread.awaitEnd();
        cm.destroyEventChannel(channel);
        Libc.close(wakeup);
        scratch.close();
    }
}
