// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.requester;

import java.util.ArrayList;
import java.util.List;

/**
 * The calls of one connection that have no answer yet, by xid: a hash table whose chains go through the calls themselves, so that a call
 * costs neither an entry nor a boxed number. A call is in one table, once.
 *
 * <p>Any thread; its monitor is held for the length of a chain, and for the whole table when that grows, shrinks or is listed. The peer
 * names xids but adds none.
 */
final class PendingCalls {

    private static final int SMALLEST = 16;

    // guarded by this
    private PendingCall[] table = new PendingCall[SMALLEST];
    private int size;

    private int slot(int xid) {
        // Xids count up; a program may count in steps.
        return (xid * 0x9E3779B9 >>> 16) & table.length - 1;
    }

    synchronized int size() {
        return size;
    }

    /** Null when there is none. */
    synchronized PendingCall get(int xid) {
        PendingCall call = table[slot(xid)];
        while (call != null && call.xid() != xid) {
            call = call.nextPending;
        }
        return call;
    }

    /** @return false when its xid is in use */
    synchronized boolean add(PendingCall call) {
        if (get(call.xid()) != null) {
            return false;
        }
        if (size == table.length) {
            resize(2 * table.length);
        }
        link(call);
        size++;
        return true;
    }

    private void link(PendingCall call) {
        int slot = slot(call.xid());
        call.nextPending = table[slot];
        table[slot] = call;
    }

    /** @return false when it is not in here, also when another call with its xid is */
    synchronized boolean remove(PendingCall call) {
        int slot = slot(call.xid());
        PendingCall before = null;
        PendingCall at = table[slot];
        while (at != null && at != call) {
            before = at;
            at = at.nextPending;
        }
        if (at == null) {
            return false;
        }
        if (before == null) {
            table[slot] = call.nextPending;
        } else {
            before.nextPending = call.nextPending;
        }
        call.nextPending = null;
        size--;
        if (size < table.length / 8 && table.length > SMALLEST) {
            resize(table.length / 2);
        }
        return true;
    }

    private void resize(int length) {
        List<PendingCall> all = all();
        table = new PendingCall[length];
        all.forEach(this::link);
    }

    synchronized List<PendingCall> all() {
        List<PendingCall> all = new ArrayList<>(size);
        for (PendingCall first : table) {
            for (PendingCall call = first; call != null; call = call.nextPending) {
                all.add(call);
            }
        }
        return all;
    }

    /** All of them, which are in here no more. */
    synchronized List<PendingCall> takeAll() {
        List<PendingCall> all = all();
        all.forEach(call -> call.nextPending = null);
        table = new PendingCall[SMALLEST];
        size = 0;
        return all;
    }
}
