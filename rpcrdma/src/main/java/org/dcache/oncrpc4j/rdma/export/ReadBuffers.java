// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.dcache.oncrpc4j.rdma.export.tree.Nfs3Exception;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rpc.RpcTransport;

/**
 * Direct memory that READ reads files into and that the reply is sent from, so that the data is not copied in between, whichever transport
 * sends it. Replies with listings have memory of their own, which is counted here.
 *
 * <p>Each buffer belongs to one lease from {@link #take} to {@link Lease#release}, after which it is used again, or to {@link
 * Lease#abandon}, when it is not known whether somebody still reads it; that one is left to the garbage collector. All buffers in use or
 * idle stay within a budget; abandoned ones are no longer counted.
 *
 * <p>A client, known by its address, may hold at most twice what is left after its request, so that one client gets two thirds of the
 * budget and each further one still finds some. When a request is refused, connections that hold memory and have taken no reply for half a
 * minute are closed. Any thread; memory is allocated, and connections are closed, outside the lock.
 */
final class ReadBuffers {

    /** Sizes are powers of two from this to {@link Limits#MAX_TRANSFER}. */
    private static final int SMALLEST = 4096;

    private static final int SHARE = 2;
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final long budget;
    private final LongSupplier clock;
    private final Deque<ByteBuffer>[] idle;
    private final Map<InetSocketAddress, Holder> holders = new HashMap<>();
    private long allocated;
    private long inUse;

    /** A connection with replies under way; one that is cut off is known to its leases only. Guarded by the lock. */
    private static final class Holder {

        private final InetSocketAddress peer;
        private final RpcTransport connection;
        private long held;
        private long progress;

        private Holder(InetSocketAddress peer, RpcTransport connection) {
            this.peer = peer;
            this.connection = connection;
        }
    }

    /** @param budget bytes */
    ReadBuffers(long budget) {
        this(budget, System::nanoTime);
    }

    /** @param clock of nanoseconds */
    @SuppressWarnings({"unchecked", "rawtypes"})
    ReadBuffers(long budget, LongSupplier clock) {
        this.budget = budget;
        this.clock = clock;
        int classes = sizeClass(Limits.MAX_TRANSFER) + 1;
        idle = new Deque[classes];
        for (int i = 0; i < classes; i++) {
            idle[i] = new ArrayDeque<>();
        }
    }

    private static int sizeClass(int bytes) {
        return bytes <= SMALLEST ? 0 : Integer.SIZE - Integer.numberOfLeadingZeros((bytes - 1) / SMALLEST);
    }

    /**
     * Takes a buffer.
     *
     * @param bytes at most {@link Limits#MAX_TRANSFER}
     * @param connection that the reply goes to
     * @return null when the budget, or the client's share of it, is used up
     */
    Lease take(int bytes, RpcTransport connection) {
        return lease(bytes, connection, true);
    }

    /** As {@link #take}, for memory that the caller has elsewhere: the lease is without a buffer. */
    Lease count(int bytes, RpcTransport connection) {
        return lease(bytes, connection, false);
    }

    /** @throws Nfs3Exception JUKEBOX if there is no lease, which is counted */
    static Lease require(Lease lease, ExportCounters counters) throws Nfs3Exception {
        if (lease == null) {
            counters.increment(ExportCounter.READ_WITHOUT_MEMORY);
            throw new Nfs3Exception(NfsStat3.NFS3ERR_JUKEBOX, "the memory for replies, or this client's share of it, is in use");
        }
        return lease;
    }

    private Lease lease(int bytes, RpcTransport connection, boolean direct) {
        int sizeClass = sizeClass(bytes);
        int size = SMALLEST << sizeClass;
        List<RpcTransport> stuck = new ArrayList<>();
        ByteBuffer buffer = null;
        Holder holder = null;
        synchronized (this) {
            if (isFree(size, connection.getRemoteSocketAddress().getAddress())) {
                buffer = direct ? idle[sizeClass].poll() : null;
                if (buffer == null) {
                    makeRoom(size);
                }
                holder = held(size, connection);
            } else {
                // A client that comes back from the same port is another one: only the leases know the connection from now on.
                holders.values().removeIf(h -> isStuck(h) && stuck.add(h.connection));
            }
        }
        stuck.forEach(Connections::cut);
        if (holder == null) {
            return null;
        }
        if (!direct) {
            return new Lease(null, size, sizeClass, holder);
        }
        if (buffer == null) {
            try {
                buffer = ByteBuffer.allocateDirect(size);
            } catch (OutOfMemoryError e) {
                // -XX:MaxDirectMemorySize is smaller than the budget: as if the budget were used up.
                drop(size, holder);
                return null;
            }
        }
        return new Lease(buffer.clear().limit(bytes), size, sizeClass, holder);
    }

    private boolean isFree(int size, InetAddress client) {
        long mine = holders.values().stream().filter(h -> h.peer.getAddress().equals(client)).mapToLong(h -> h.held).sum();
        long left = budget - inUse - size;
        return left >= 0 && (mine == 0 || mine + size <= SHARE * left);
    }

    private boolean isStuck(Holder holder) {
        return clock.getAsLong() - holder.progress > PATIENCE_NANOS;
    }

    private void makeRoom(int size) {
        for (int i = idle.length - 1; i >= 0 && allocated + size > budget; i--) {
            while (allocated + size > budget && !idle[i].isEmpty()) {
                allocated -= idle[i].pop().capacity();
            }
        }
        allocated += size;
    }

    private Holder held(int size, RpcTransport connection) {
        Holder holder = holders.computeIfAbsent(connection.getRemoteSocketAddress(), peer -> new Holder(peer, connection));
        if (holder.held == 0) {
            holder.progress = clock.getAsLong();
        }
        holder.held += size;
        inUse += size;
        return holder;
    }

    private void over(int size, Holder holder) {
        inUse -= size;
        holder.held -= size;
        holder.progress = clock.getAsLong();
        if (holder.held == 0) {
            holders.remove(holder.peer, holder);
        }
    }

    private synchronized void put(ByteBuffer buffer, int sizeClass, Holder holder) {
        idle[sizeClass].push(buffer);
        over(buffer.capacity(), holder);
    }

    private synchronized void drop(int size, Holder holder) {
        allocated -= size;
        over(size, holder);
    }

    /** Bytes, idle and in use. */
    synchronized long allocated() {
        return allocated;
    }

    /** Bytes in use. */
    synchronized long inUse() {
        return inUse;
    }

    /** A buffer in use. */
    final class Lease {

        /** Null if the memory is elsewhere. */
        private final ByteBuffer buffer;
        private final int size;
        private final int sizeClass;
        private final Holder holder;
        private final AtomicBoolean over = new AtomicBoolean();

        private Lease(ByteBuffer buffer, int size, int sizeClass, Holder holder) {
            this.buffer = buffer;
            this.size = size;
            this.sizeClass = sizeClass;
            this.holder = holder;
        }

        ByteBuffer buffer() {
            return buffer;
        }

        /** Nobody reads it any more. Idempotent. */
        void release() {
            if (buffer == null) {
                abandon();
            } else if (over.compareAndSet(false, true)) {
                put(buffer, sizeClass, holder);
            }
        }

        /** Somebody may still read it. Idempotent. */
        void abandon() {
            if (over.compareAndSet(false, true)) {
                drop(size, holder);
            }
        }
    }
}
