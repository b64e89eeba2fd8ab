// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.device;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Libc;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Memory;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Verbs;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.VerbsLayout;
import org.dcache.oncrpc4j.rdma.verbs.error.ProviderUnavailableException;
import org.dcache.oncrpc4j.rdma.verbs.parts.LoopThread;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The asynchronous events of all devices in use. Contexts are shared by all adapters of the process, so this is too: one daemon thread,
 * started with the first user, ended with the last. Destroying what an event is about waits until the event is given back; so its users
 * hear of it before, and those of shared receive queues after that. They must only pass on.
 *
 * <p>Removal has an event only where the driver can take a device from its users. Where it waits for them instead, and nobody has a
 * connection id on the device, nothing is said at all; so the kernel's list is looked at each second ({@link Contexts#isGone}), and users
 * hear of DEVICE_FATAL in each case.
 */
public final class AsyncEvents {

    /** Told of every event of every device in use. On the thread of the events. */
    public interface User {
        /** @param element address of the queue pair or completion queue, for events that are about one */
        void onAsyncEvent(long context, int type, long element);

        Set<Long> contexts();
    }

    private static final Logger LOG = LoggerFactory.getLogger(AsyncEvents.class);
    /** How often the kernel's list of devices is looked at. */
    private static final int LOOK_MILLIS = 1000;
    /** So that a descriptor which stays readable does not take a processor. */
    private static final long PAUSE_NANOS = 1_000_000;
    private static AsyncEvents running;

    private final Verbs verbs;
    private final List<User> users = new CopyOnWriteArrayList<>();
    private final int wakeup = Libc.eventfd();
    private final Memory.Block scratch = new Memory.Block(64);
    private final LoopThread thread;
    private volatile boolean stopping;
    private long rounds;
    private boolean ended;

    private AsyncEvents(Verbs verbs) throws ProviderUnavailableException {
        this.verbs = verbs;
        Memory.putLong(scratch.address(), 1);
        thread = LoopThread.of("rdma-core-async", this::run, null);
    }

    public static synchronized void add(Verbs verbs, User user) throws ProviderUnavailableException {
        if (running != null) {
            running.users.add(user);
            Libc.signal(running.wakeup, running.scratch.address());
            return;
        }
        AsyncEvents events = new AsyncEvents(verbs);
        events.users.add(user);
        try {
            events.thread.start();
        } catch (OutOfMemoryError e) {
            events.stop();
            throw e;
        }
        running = events;
    }

    /** When it returns, the user hears nothing any more, and its contexts are not touched for it. Not on the thread of the events. */
    public static void remove(User user) {
        AsyncEvents last = null;
        synchronized (AsyncEvents.class) {
            running.users.remove(user);
            if (running.users.isEmpty()) {
                last = running;
                running = null;
            }
        }
        if (last != null) {
            last.stop();
        } else {
            awaitNextRound();
        }
    }

    /** When it returns, no context is touched that no user names any more. Not on the thread of the events. */
    public static void awaitNextRound() {
        AsyncEvents current;
        long before;
        synchronized (AsyncEvents.class) {
            current = running;
            if (current == null) {
                return;
            }
            synchronized (current) {
                before = current.rounds;
            }
            Libc.signal(current.wakeup, current.scratch.address());
        }
        current.awaitRound(before);
    }

    private synchronized void awaitRound(long before) {
        boolean interrupted = false;
        while (rounds == before && !ended) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void nextRound(boolean last) {
        rounds++;
        ended = last;
        notifyAll();
    }

    private void stop() {
        stopping = true;
        Libc.signal(wakeup, scratch.address());
        thread.awaitEnd();
        Libc.close(wakeup);
        scratch.close();
    }

    private void run() {
        try {
            while (!stopping) {
                try {
                    poll();
                } catch (RuntimeException | Error e) {
                    LOG.error("asynchronous events could not be taken, trying again in {} ms", LOOK_MILLIS, e);
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(LOOK_MILLIS));
                }
            }
        } finally {
            nextRound(true);
        }
    }

    private void poll() {
        Set<Long> dead = new HashSet<>();
        long looked = System.nanoTime();
        while (!stopping) {
            nextRound(false);
            Set<Long> contexts = new HashSet<>();
            users.forEach(user -> contexts.addAll(user.contexts()));
            // Another device's context may come to lie where one was.
            dead.retainAll(contexts);
            List<Long> polled = new ArrayList<>(contexts);
            polled.removeAll(dead);
            try (Memory.Block fds = new Memory.Block((long) Libc.POLLFD_SIZE * (polled.size() + 1))) {
                Libc.pollFor(fds.address(), 0, wakeup);
                for (int i = 0; i < polled.size(); i++) {
                    int fd = Memory.getInt(polled.get(i) + VerbsLayout.Context.ASYNC_FD);
                    Libc.nonBlocking(fd);
                    Libc.pollFor(fds.address(), i + 1, fd);
                }
                Libc.poll(fds.address(), polled.size() + 1, contexts.isEmpty() ? -1 : LOOK_MILLIS);
                if (Libc.ready(fds.address(), 0)) {
                    Libc.drain(wakeup, scratch.address() + 8);
                }
                for (int i = 0; i < polled.size(); i++) {
                    long context = polled.get(i);
                    if (Libc.ready(fds.address(), i + 1) && !take(context)) {
                        if (Libc.broken(fds.address(), i + 1) || Contexts.isGone(context)) {
                            // The device is gone, and its descriptor will never be quiet again.
                            dead.add(context);
                        } else {
                            // What made it readable was withdrawn: the kernel forgets the events of a queue pair that is destroyed.
                            LockSupport.parkNanos(PAUSE_NANOS);
                        }
                    }
                }
            }
            if (System.nanoTime() - looked >= TimeUnit.MILLISECONDS.toNanos(LOOK_MILLIS)) {
                looked = System.nanoTime();
                contexts.stream().filter(Contexts::isGone).forEach(context -> tell(context, VerbsLayout.AsyncEvent.DEVICE_FATAL, 0));
            }
        }
    }

    private void tell(long context, int type, long element) {
        for (User user : users) {
            try {
                user.onAsyncEvent(context, type, element);
            } catch (Throwable e) {
                LOG.error("handling asynchronous event {} failed", type, e);
            }
        }
    }

    /** @return whether there was an event */
    private boolean take(long context) {
        boolean any = false;
        long event = scratch.address() + 16;
        while (verbs.getAsyncEvent(context, event)) {
            any = true;
            int type = Memory.getInt(event + VerbsLayout.AsyncEvent.TYPE);
            long element = Memory.getLong(event + VerbsLayout.AsyncEvent.ELEMENT);
            boolean ofReceives = type == VerbsLayout.AsyncEvent.SRQ_LIMIT_REACHED || type == VerbsLayout.AsyncEvent.SRQ_ERR;
            if (ofReceives) {
                // Who hears of it takes a lock under which such a queue is destroyed, and that waits for this.
                verbs.ackAsyncEvent(event);
            }
            try {
                tell(context, type, element);
            } finally {
                if (!ofReceives) {
                    // What it is about cannot be destroyed before, and its address be another's.
                    verbs.ackAsyncEvent(event);
                }
            }
        }
        return any;
    }
}
