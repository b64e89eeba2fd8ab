// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.loop;

import java.util.List;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.rdmacore.device.Device;
import org.dcache.oncrpc4j.rdma.rdmacore.device.RdmaCoreCounter;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Errno;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Libc;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Memory;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.NativeFunction;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.Verbs;
import org.dcache.oncrpc4j.rdma.rdmacore.ffi.VerbsLayout;
import org.dcache.oncrpc4j.rdma.verbs.Awaited;
import org.dcache.oncrpc4j.rdma.verbs.error.ProviderUnavailableException;
import org.dcache.oncrpc4j.rdma.verbs.parts.LedLoop;

/**
 * A loop that takes completions and makes the callbacks of its queue pairs. It owns a completion channel for each device and an eventfd;
 * any thread may {@link #execute}, the rest is for the loop thread, which may be one that waits for a reply or a call ({@link LedLoop}).
 *
 * <p>It polls as {@link PolledQueues} says. Where none is to be polled again at once the loop thread sleeps in poll(2); an interrupt does
 * not end that. Channels are read only when poll(2) says so, and only as long as there are queues that may have an event. The loop's own
 * thread is a daemon, bound to no processor: pin the JVM with taskset or numactl to the device's node where that matters.
 */
public final class Loop extends LedLoop {

    private static final int TASKS_PER_TURN = 256;
    /** While queues are polled, the channels of the others are looked at this often, nanoseconds. */
    private static final long LOOK_NANOS = 50_000;

    private final Verbs verbs;
    private final Counters counters;
    private final int wakeup = Libc.eventfd();
    private final Memory.Block scratch = new Memory.Block(64);
    private final Memory.Block fds;
    private final List<Device> devices;
    private final long[] channels;
    private boolean closed;

    // of the loop thread
    private final PolledQueues queues;
    private long nextLook;

    /**
     * @param spinNanos how long a queue is polled after its last completion
     * @throws ProviderUnavailableException a device gives no completion channel; nothing stays open
     */
    public Loop(String name, Verbs verbs, List<Device> devices, Counters counters, long spinNanos) throws ProviderUnavailableException {
        super(name, TASKS_PER_TURN);
        this.verbs = verbs;
        this.counters = counters;
        this.queues = new PolledQueues(spinNanos);
        this.devices = devices;
        this.fds = new Memory.Block((long) Libc.POLLFD_SIZE * (devices.size() + 1));
        this.channels = new long[devices.size()];
        Memory.putLong(scratch.address(), 1);
        Libc.pollFor(fds.address(), 0, wakeup);
        for (int i = 0; i < channels.length; i++) {
            channels[i] = verbs.createCompChannel(devices.get(i).context());
            if (channels[i] == 0) {
                String reason = Errno.text(NativeFunction.errno());
                close();
                throw new ProviderUnavailableException("no completion channel on " + devices.get(i) + ": " + reason);
            }
            int fd = Memory.getInt(channels[i] + VerbsLayout.CompChannel.FD);
            Libc.nonBlocking(fd);
            Libc.pollFor(fds.address(), i + 1, fd);
        }
        try {
            start();
        } catch (OutOfMemoryError e) {
            close();
            throw e;
        }
    }

    /** The completion channel for queues on this device. */
    long channel(Device device) {
        return channels[device.index()];
    }

    /** Under a lock, since the descriptor's number may be somebody else's once it is closed. */
    @Override
    protected void wakeFromNetwork() {
        synchronized (scratch) {
            if (!closed) {
                Libc.signal(wakeup, scratch.address());
            }
        }
    }

    /** Starts to take completions of a queue, unless it does already. */
    public void add(CompletionQueue queue) {
        queues.add(queue);
    }

    /** Polls a queue that was added in the next turn, and in those after it as after an event. */
    public void look(CompletionQueue queue) {
        queues.heat(queue.cookie());
    }

    /** Forgets a queue; events of it are still acknowledged. */
    public void remove(CompletionQueue queue) {
        queues.remove(queue);
    }

    @Override
    protected Awaited awaited() {
        // Each connection has two.
        return queues.count() > 2 * FEW ? Awaited.SOMETHING : queues.awaited();
    }

    /** Frees the channels and descriptors. After {@link #stop}, when the queues are gone and nobody calls {@link #execute} any more. */
    public void close() {
        for (long channel : channels) {
            if (channel != 0) {
                verbs.destroyCompChannel(channel);
            }
        }
        synchronized (scratch) {
            closed = true;
            Libc.close(wakeup);
            scratch.close();
        }
        fds.close();
    }

    /** On the loop: closes the completion channel of a device that is removed, when no queue is left on it. */
    public void forget(Device device) {
        int i = device.index();
        Libc.pollFor(fds.address(), i + 1, -1);
        if (channels[i] != 0) {
            int fd = Memory.getInt(channels[i] + VerbsLayout.CompChannel.FD);
            if (verbs.destroyCompChannel(channels[i]) != 0) {
                // The library could not destroy a queue of the device that is gone, and counts it.
                Libc.replaceByNothing(fd);
            }
            channels[i] = 0;
        }
    }

    @Override
    protected void serve(long longest) {
        boolean busy = queues.poll();
        if (busy || queues.anyHot()) {
            if (!busy) {
                Thread.onSpinWait();
            }
            look();
        } else {
            sleep(queues.anyWarm() ? Math.min(longest, PolledQueues.LINGER_MILLIS) : longest);
        }
    }

    private void sleep(long longest) {
        Libc.poll(fds.address(), channels.length + 1, (int) Math.min(fallAsleep(longest), Integer.MAX_VALUE));
        awake();
        takeEvents();
    }

    /** Where all queues are polled, channels have nothing to say. */
    private void look() {
        if (queues.anyCold() && System.nanoTime() - nextLook >= 0) {
            Libc.poll(fds.address(), channels.length + 1, 0);
            takeEvents();
        }
    }

    private void takeEvents() {
        nextLook = System.nanoTime() + LOOK_NANOS;
        if (Libc.ready(fds.address(), 0)) {
            Libc.drain(wakeup, scratch.address() + 8);
        }
        for (int i = 0; i < channels.length; i++) {
            if (!Libc.ready(fds.address(), i + 1)) {
                continue;
            }
            boolean any = false;
            // One at least: it may be of a queue that is gone. What is left makes the descriptor readable again.
            while ((!any || queues.anyCold()) && verbs.getCqEvent(channels[i], scratch.address() + 16)) {
                any = true;
                counters.increment(RdmaCoreCounter.COMPLETION_EVENTS);
                verbs.ackCqEvents(Memory.getLong(scratch.address() + 16), 1);
                queues.heat((int) Memory.getLong(scratch.address() + 24));
            }
            if (!any && devices.get(i).isRemoved()) {
                // The descriptor of a removed device is readable for ever.
                Libc.pollFor(fds.address(), i + 1, -1);
            }
        }
    }
}
