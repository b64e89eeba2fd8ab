// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs;

import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.CLIENT_CALL_INLINE;
import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.CLIENT_CALL_LONG;
import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.CLIENT_CALL_READ_CHUNK;
import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.CLIENT_OFFERED_REPLY_CHUNK;
import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.CLIENT_OFFERED_WRITE_CHUNK;
import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.CLIENT_REPLY_INLINE;
import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.CLIENT_REPLY_LONG;
import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.CLIENT_REPLY_WRITE_CHUNK;
import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.RDMA_READS;
import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.RDMA_READ_BYTES;
import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.RDMA_WRITES;
import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.RDMA_WRITE_BYTES;
import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.RECEIVES;
import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.SENDS;
import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.SERVER_CALL_INLINE;
import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.SERVER_CALL_LONG;
import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.SERVER_CALL_READ_CHUNK;
import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.SERVER_REPLY_INLINE;
import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.SERVER_REPLY_LONG;
import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.SERVER_REPLY_WRITE_CHUNK;

import java.util.Map;
import java.util.TreeMap;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;

/**
 * The exact counters of both sides after NFS calls, computed from the lengths in RFC 1813, 5531 and 8166 and not from the transport's code.
 * A call that is sent in another way than it should be shows as a difference, and a call over TCP is missing.
 *
 * <pre>
 *   a call is inline if header and message fit under the threshold; else its eligible item goes as a Read chunk; without one, or if that
 *     does not help, it is a long call
 *   a Write chunk is offered for an eligible result unless the largest reply fits inline; data of at least one byte takes it
 *   a Reply chunk is offered when the largest reply, less eligible data, may not fit inline; a reply that does not fit takes it
 * </pre>
 */
final class ExpectedCounters {

    /** Transport header without chunks: xid, version, credits, procedure, three empty lists (RFC 8166, 4.1). */
    private static final int HEADER = 7 * 4;
    /** A Read list entry with its "another one follows": position, handle, length, offset. */
    private static final int READ_ENTRY = 6 * 4;
    /** A Write or Reply chunk of one segment: count, handle, length, offset; and for Write the word before it. */
    private static final int REPLY_CHUNK = 5 * 4;
    /** xid, type, version, program, version, procedure, flavor and length of credential and verifier (RFC 5531, 9). */
    private static final int CALL = 10 * 4;
    /** xid, type, status, verifier without body, accept status. */
    static final int REPLY = 6 * 4;
    /** The same with the largest verifier, 400 bytes. */
    private static final int LARGEST_REPLY = REPLY + 400;
    private static final int ATTRIBUTES = 4 + 84;
    private static final int MAX_PATH = 4096;

    private final int inline;
    private final int credential;
    private final Map<String, Long> client = new TreeMap<>();
    private final Map<String, Long> server = new TreeMap<>();

    /**
     * @param inline threshold in both directions, bytes
     * @param credential length of the credential's body
     */
    ExpectedCounters(int inline, int credential) {
        this.inline = inline;
        this.credential = credential;
    }

    /** Length of an AUTH_SYS credential's body without groups (RFC 5531, appendix A): stamp, machine name, uid, gid, count of gids. */
    static int authSys(String machine) {
        return 4 + 4 + pad(machine.length()) + 3 * 4;
    }

    Map<String, Long> client() {
        return client;
    }

    Map<String, Long> server() {
        return server;
    }

    static int pad(int length) {
        return length + 3 & ~3;
    }

    /** Calls without chunks, in both directions. */
    ExpectedCounters small(long calls) {
        count(client, CLIENT_CALL_INLINE, calls);
        count(server, SERVER_CALL_INLINE, calls);
        replyInline(calls);
        return messages(calls);
    }

    /** A WRITE of so many bytes to a file with a handle of this length. */
    ExpectedCounters write(int handle, int length) {
        eligible(4 + pad(handle) + 8 + 4 + 4 + 4, length);
        replyInline(1);
        return messages(1);
    }

    /** A SYMLINK to a path of so many bytes, made without attributes. */
    ExpectedCounters symlink(int handle, int name, int path) {
        eligible(4 + pad(handle) + 4 + pad(name) + 6 * 4 + 4, path);
        replyInline(1);
        return messages(1);
    }

    /** A RENAME from a name of one length to one of another, in directories whose handles have this length. */
    ExpectedCounters rename(int handle, int from, int to) {
        int message = CALL + credential + 2 * (4 + pad(handle)) + 4 + pad(from) + 4 + pad(to);
        boolean fits = HEADER + message <= inline;
        count(client, fits ? CLIENT_CALL_INLINE : CLIENT_CALL_LONG, 1);
        count(server, fits ? SERVER_CALL_INLINE : SERVER_CALL_LONG, 1);
        if (!fits) {
            reads(message);
        }
        replyInline(1);
        return messages(1);
    }

    /** Arguments of so many bytes, then eligible data at the end. */
    private void eligible(int arguments, int length) {
        int rest = CALL + credential + arguments;
        if (HEADER + rest + pad(length) <= inline) {
            count(client, CLIENT_CALL_INLINE, 1);
            count(server, SERVER_CALL_INLINE, 1);
            return;
        }
        if (HEADER + READ_ENTRY + rest > inline) {
            throw new IllegalArgumentException("a call that does not fit even without its data");
        }
        count(client, CLIENT_CALL_READ_CHUNK, 1);
        count(server, SERVER_CALL_READ_CHUNK, 1);
        reads(length);
    }

    private void reads(int bytes) {
        count(server, RDMA_READS, 1);
        count(server, RDMA_READ_BYTES, bytes);
    }

    /** A READ that asks for so many bytes and gets some. */
    ExpectedCounters read(int count, int came) {
        return eligibleResult(4 + ATTRIBUTES + 3 * 4, count, came);
    }

    /** A READLINK that gets a path of so many bytes. */
    ExpectedCounters readlink(int came) {
        return eligibleResult(4 + ATTRIBUTES + 4, MAX_PATH, came);
    }

    private ExpectedCounters eligibleResult(int rest, int most, int came) {
        count(client, CLIENT_CALL_INLINE, 1);
        count(server, SERVER_CALL_INLINE, 1);
        boolean offered = HEADER + LARGEST_REPLY + rest + pad(most) > inline;
        if (offered) {
            count(client, CLIENT_OFFERED_WRITE_CHUNK, 1);
        }
        if (offered && came > 0) {
            count(client, CLIENT_REPLY_WRITE_CHUNK, 1);
            count(server, SERVER_REPLY_WRITE_CHUNK, 1);
            writes(came);
        } else {
            replyInline(1);
        }
        return messages(1);
    }

    /** A READDIR or READDIRPLUS: asks for {@code maxcount} bytes and gets a result of {@code came}, from the status on. */
    ExpectedCounters readdir(int maxcount, int came) {
        count(client, CLIENT_CALL_INLINE, 1);
        count(server, SERVER_CALL_INLINE, 1);
        boolean offered = HEADER + LARGEST_REPLY + 4 + ATTRIBUTES + 8 + 2 * 4 + maxcount > inline;
        if (offered) {
            count(client, CLIENT_OFFERED_REPLY_CHUNK, 1);
        }
        int message = REPLY + came;
        if (HEADER + (offered ? REPLY_CHUNK : 0) + message <= inline) {
            replyInline(1);
        } else {
            count(client, CLIENT_REPLY_LONG, 1);
            count(server, SERVER_REPLY_LONG, 1);
            writes(message);
        }
        return messages(1);
    }

    /** Length of a READDIRPLUS result from the status on, with attributes of the directory and without entries. */
    static int emptyReaddirplus() {
        return 4 + ATTRIBUTES + 8 + 2 * 4;
    }

    /** Bytes that an entry with attributes and handle takes in a READDIRPLUS result. */
    static int entryplus(int name, int handle) {
        return 4 + 8 + 4 + pad(name) + 8 + ATTRIBUTES + 4 + 4 + pad(handle);
    }

    private void writes(int bytes) {
        count(server, RDMA_WRITES, 1);
        count(server, RDMA_WRITE_BYTES, bytes);
    }

    private void replyInline(long calls) {
        count(client, CLIENT_REPLY_INLINE, calls);
        count(server, SERVER_REPLY_INLINE, calls);
    }

    private ExpectedCounters messages(long calls) {
        for (Map<String, Long> side : java.util.List.of(client, server)) {
            count(side, SENDS, calls);
            count(side, RECEIVES, calls);
        }
        return this;
    }

    private static void count(Map<String, Long> side, XprtCounter counter, long n) {
        if (n != 0) {
            side.merge(counter.label(), n, Long::sum);
        }
    }
}
