// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import java.net.InetAddress;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.dcache.oncrpc4j.rdma.nfs3.XdrValue;

/**
 * The duplicate request cache: replies to procedures that must not be executed twice. Linux sends a call again with the same xid after a
 * reconnect; a REMOVE that had worked would fail the second time, a RENAME might hit what somebody else made.
 *
 * <p>A request is known by the client's address, the xid, the procedure, the caller and the arguments themselves; not by the client's port,
 * which changes with the connection. A duplicate of a request that is still at work waits for its reply. A reply is kept for two minutes,
 * as by the Linux server; later the same call is a new one. When the budget is used up, the oldest reply of the client with the most memory
 * is dropped, so that nobody's replies are driven out by others that make more calls. Requests at work are never dropped; there are no more
 * of them than threads of the service. Any thread.
 */
final class ReplyCache {

    private static final long KEPT_NANOS = TimeUnit.SECONDS.toNanos(120);
    private static final long SWEEP_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long BUDGET = 16 << 20;

    /** Taken for an entry: one or two handles, two names, a reply with attributes, and their objects. */
    private static final int ENTRY_BYTES = 2048;

    /** @param caller user, group, other groups */
    record Key(InetAddress client, int xid, int procedure, List<Integer> caller, Object arguments) {}

    private static final class Entry {

        private final CompletableFuture<XdrValue> reply = new CompletableFuture<>();
        private final int bytes;
        private boolean over;
        private long since;

        private Entry(int bytes) {
            this.bytes = bytes;
        }
    }

    /** The requests of one client, the oldest first. */
    private static final class Client {

        private final Map<Key, Entry> entries = new LinkedHashMap<>();
        private long bytes;
    }

    private final Map<InetAddress, Client> clients = new HashMap<>();
    private final long budget;
    private final LongSupplier clock;
    private long bytes;
    private long swept;

    ReplyCache() {
        this(BUDGET, System::nanoTime);
    }

    /**
     * @param budget bytes
     * @param clock of nanoseconds
     */
    ReplyCache(long budget, LongSupplier clock) {
        this.budget = budget;
        this.clock = clock;
        this.swept = clock.getAsLong();
    }

    /**
     * Looks for an earlier request that is the same. If there is none, the caller executes it and calls {@link #end}.
     *
     * @param more bytes of arguments that may be long
     * @return the reply to the earlier one, or its failure; null if this is the first
     */
    synchronized CompletableFuture<XdrValue> begin(Key key, int more) {
        sweep();
        Client client = clients.computeIfAbsent(key.client(), address -> new Client());
        Entry earlier = client.entries.get(key);
        if (earlier != null && !isOld(earlier)) {
            return earlier.reply;
        } else if (earlier != null) {
            remove(client, key, earlier);
        }
        Entry entry = new Entry(ENTRY_BYTES + more);
        client.entries.put(key, entry);
        client.bytes += entry.bytes;
        bytes += entry.bytes;
        while (bytes > budget && dropOne()) {
            continue;
        }
        return null;
    }

    /**
     * A request has ended.
     *
     * @param result null if there is no reply; the request is forgotten then
     */
    void end(Key key, XdrValue result) {
        CompletableFuture<XdrValue> reply;
        synchronized (this) {
            Client client = clients.get(key.client());
            Entry entry = client.entries.get(key);
            entry.over = true;
            entry.since = clock.getAsLong();
            if (result == null) {
                remove(client, key, entry);
            }
            reply = entry.reply;
        }
        if (result != null) {
            reply.complete(result);
        } else {
            reply.completeExceptionally(new IllegalStateException("the request was not answered"));
        }
    }

    private boolean isOld(Entry entry) {
        return entry.over && clock.getAsLong() - entry.since > KEPT_NANOS;
    }

    private void sweep() {
        if (clock.getAsLong() - swept > SWEEP_NANOS) {
            swept = clock.getAsLong();
            clients.values().removeIf(client -> {
                client.entries.values().removeIf(entry -> isOld(entry) && counted(client, entry));
                return client.entries.isEmpty();
            });
        }
    }

    /** Drops a reply; false if all requests are at work. */
    private boolean dropOne() {
        for (Client client : clients.values().stream().sorted(Comparator.comparingLong((Client c) -> -c.bytes)).toList()) {
            for (Iterator<Entry> entries = client.entries.values().iterator(); entries.hasNext();) {
                Entry entry = entries.next();
                if (entry.over) {
                    entries.remove();
                    return counted(client, entry);
                }
            }
        }
        return false;
    }

    private void remove(Client client, Key key, Entry entry) {
        client.entries.remove(key);
        counted(client, entry);
    }

    private boolean counted(Client client, Entry entry) {
        client.bytes -= entry.bytes;
        bytes -= entry.bytes;
        return true;
    }
}
