// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import java.net.InetAddress;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.dcache.oncrpc4j.rdma.nfs3.XdrValue;

/**
 * The duplicate request cache: replies to procedures that must not be done twice. Linux sends a call again with the same xid after a
 * reconnect; a REMOVE that had worked would fail the second time, a RENAME might hit what somebody else made.
 *
 * <p>A request is known by the client's address without its port, which changes with the connection, the xid, the procedure and the
 * arguments themselves. The last {@value #CAPACITY} are kept. A duplicate of a request that is still at work waits for its reply. Any
 * thread.
 */
final class ReplyCache {

    static final int CAPACITY = 4096;

    record Key(InetAddress client, int xid, int procedure, Object arguments) {}

    private final Map<Key, CompletableFuture<XdrValue>> replies = new LinkedHashMap<>(16, 0.75f, false) {

        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, CompletableFuture<XdrValue>> eldest) {
            return size() > CAPACITY;
        }
    };

    /**
     * Looks for an earlier request that is the same.
     *
     * @param reply of this one, to be completed by the caller, if it is the first
     * @return of the earlier one; null if this is the first
     */
    synchronized CompletableFuture<XdrValue> begin(Key key, CompletableFuture<XdrValue> reply) {
        return replies.putIfAbsent(key, reply);
    }

    /** Forgets a request that was not answered. */
    synchronized void forget(Key key) {
        replies.remove(key);
    }
}
