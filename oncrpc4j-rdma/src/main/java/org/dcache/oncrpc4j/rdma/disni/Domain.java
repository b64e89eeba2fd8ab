// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.disni;

import com.ibm.disni.util.MemoryUtils;
import com.ibm.disni.verbs.IbvMr;
import com.ibm.disni.verbs.IbvPd;
import com.ibm.disni.verbs.SVCRegMr;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.verbs.error.AdapterClosedException;
import org.dcache.oncrpc4j.rdma.verbs.error.ResourceLimitException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;

/**
 * A protection domain with the registrations in it. Connections that our side dialled have one each, so that a handle is worth something to
 * the peer of its connection only; accepted ones, which give no handles away in practice, share one for each device.
 *
 * <p>Any thread. Registering blocks, and holds the read lock: the native domain must not vanish meanwhile. Whoever made the domain closes
 * it when no queue pair uses it any more.
 */
final class Domain {

    private final IbvPd pd;
    private final Counters counters;
    private final Set<Domain> all;
    private final Map<DisniRegion, IbvMr> regions = new ConcurrentHashMap<>();
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private boolean closed;

    /** @param all leaves it when it closes */
    Domain(IbvPd pd, Counters counters, Set<Domain> all) {
        this.all = all;
        this.pd = pd;
        this.counters = counters;
    }

    IbvPd pd() {
        return pd;
    }

    /** Registers the bytes between position and limit of direct memory, of which the caller then owns the registration. */
    IbvMr register(ByteBuffer view, int access) throws VerbsException {
        lock.readLock().lock();
        try {
            if (closed) {
                throw new AdapterClosedException("the protection domain is closed");
            }
            // No bytes at all lie on no page, depending on their address, and the system does not register that.
            SVCRegMr call = pd.regMr(MemoryUtils.getAddress(view) + view.position(), Math.max(1, view.remaining()), access);
            try {
                IbvMr mr = call.execute().getMr();
                counters.increment(DisniCounter.REGISTRATIONS);
                return mr;
            } finally {
                call.free();
            }
        } catch (IOException e) {
            if (e instanceof VerbsException verbs) {
                throw verbs;
            }
            counters.increment(DisniCounter.REGISTRATION_FAILED);
            throw new ResourceLimitException("the system does not register " + view.remaining() + " bytes (" + e.getMessage().strip()
                    + "); see ulimit -l (memlock), which must allow oncrpc.rdma.memory", e);
        } finally {
            lock.readLock().unlock();
        }
    }

    /** Ends a registration. False when the system refused. */
    boolean deregister(IbvMr mr) {
        lock.readLock().lock();
        try {
            mr.deregMr().execute().free();
            return true;
        } catch (IOException e) {
            counters.increment(DisniCounter.DEREGISTRATION_FAILED);
            return false;
        } finally {
            lock.readLock().unlock();
        }
    }

    /** The local key of a region, which is registered here when it is first used. */
    int lkey(DisniRegion region) throws VerbsException {
        IbvMr mr = regions.get(region);
        if (mr == null) {
            synchronized (region) {
                mr = regions.get(region);
                if (mr == null) {
                    if (region.isClosed()) {
                        throw new ResourceLimitException("memory is used whose registration was closed");
                    }
                    mr = register(region.memory().duplicate().clear(), IbvMr.IBV_ACCESS_LOCAL_WRITE);
                    regions.put(region, mr);
                }
            }
        }
        return mr.getLkey();
    }

    /** The region's memory will not be used any more. The caller holds its lock. */
    void forget(DisniRegion region) {
        lock.readLock().lock();
        try {
            IbvMr mr = closed ? null : regions.remove(region);
            if (mr != null) {
                deregister(mr);
            }
        } finally {
            lock.readLock().unlock();
        }
    }

    /** Ends all registrations of regions, and the domain. Idempotent. */
    void close() {
        lock.writeLock().lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            all.remove(this);
            regions.values().forEach(this::deregister);
            regions.clear();
            pd.deallocPd();
        } catch (Exception e) {
            // deallocPd declares Exception. Nothing can be done: the process's end frees the domain.
            counters.increment(DisniCounter.DEREGISTRATION_FAILED);
        } finally {
            lock.writeLock().unlock();
        }
    }
}
