// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.disni;

import com.ibm.disni.verbs.IbvMr;
import java.util.ArrayList;
import java.util.List;
import org.dcache.oncrpc4j.rdma.verbs.Exposure;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;

/**
 * Memory that the peer may reach: a registration of its own, made when it is exposed and ended when it is revoked, since DiSNI can neither
 * invalidate nor bind. Both are calls into the system, so the end is a job of the adapter's, and the fence is reported when that is done.
 * The offset is the memory's address.
 */
final class DisniExposure implements Exposure {

    private final DisniQueuePair queuePair;
    private final Domain domain;
    private final IbvMr mr;
    /** Kept so that the memory outlives the registration. */
    private final Object memory;

    private final List<Runnable> waiting = new ArrayList<>(1);
    private boolean revoking;
    private boolean free;
    /** On the job thread. */
    private boolean deregistered;

    DisniExposure(DisniQueuePair queuePair, Domain domain, IbvMr mr, Object memory) {
        this.queuePair = queuePair;
        this.domain = domain;
        this.mr = mr;
        this.memory = memory;
    }

    @Override
    public int stag() {
        return mr.getRkey();
    }

    @Override
    public long offset() {
        return mr.getAddr();
    }

    @Override
    public int length() {
        return mr.getLength();
    }

    @Override
    public WorkRequest bindRequest() {
        return null;
    }

    @Override
    public boolean revoke(Runnable fenced) {
        synchronized (this) {
            if (free) {
                return true;
            }
            waiting.add(fenced);
            if (revoking) {
                return false;
            }
            revoking = true;
        }
        queuePair.revoke(this);
        return false;
    }

    /** On the job thread, idempotent. False when the peer might still reach the memory. */
    boolean deregister() {
        if (deregistered) {
            return true;
        }
        deregistered = true;
        return domain.deregister(mr);
    }

    /** On the loop, when nobody can reach the memory any more. */
    void freed() {
        List<Runnable> told;
        synchronized (this) {
            free = true;
            told = List.copyOf(waiting);
            waiting.clear();
        }
        told.forEach(Runnable::run);
    }

    @Override
    public String toString() {
        return "exposure of " + memory;
    }
}
