// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.demo;

import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.CLIENT_CALL_INLINE;
import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.CLIENT_CALL_LONG;
import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.CLIENT_OFFERED_REPLY_CHUNK;
import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.CLIENT_REPLY_INLINE;
import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.CLIENT_REPLY_LONG;
import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.RDMA_READS;
import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.RDMA_READ_BYTES;
import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.RDMA_WRITES;
import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.RDMA_WRITE_BYTES;
import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.RECEIVES;
import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.SENDS;
import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.SERVER_CALL_INLINE;
import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.SERVER_CALL_LONG;
import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.SERVER_REPLY_INLINE;
import static org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter.SERVER_REPLY_LONG;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.dcache.oncrpc4j.rdma.tool.counters.CounterDelta;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;

/**
 * What the counters of both sides must say after an operation, to the unit; every counter that is not named here must
 * stand still, those for errors above all. No binding knows the demo's program, so that nothing is placed directly:
 * what does not fit inline goes as a long call (one Position-Zero Read chunk, which the server pulls), comes as a long
 * reply (RDMA Writes into the Reply chunk), and a Reply chunk is offered for all but procedure 0.
 *
 * @param client by label
 * @param server by label
 */
record Expectation(Map<String, Long> client, Map<String, Long> server) {

    /** The longest transport header in front of an inline message here: fixed part, empty lists, a Reply chunk of one segment. */
    private static final int TRANSPORT_HEADER = 28 + 4 + 16;

    /** What the demo sets, Linux's own: with more, small messages would not show every path. */
    static final int INLINE_THRESHOLD = 4096;

    private static final int INLINE = INLINE_THRESHOLD - TRANSPORT_HEADER;

    static Expectation of(Operation operation) {
        long n = operation.calls();
        int call = operation.callMessage();
        int reply = operation.replyMessage();
        boolean longCall = call > INLINE;
        boolean longReply = reply > INLINE;
        Map<String, Long> client = new TreeMap<>();
        Map<String, Long> server = new TreeMap<>();
        put(client, longCall ? CLIENT_CALL_LONG : CLIENT_CALL_INLINE, n);
        put(client, longReply ? CLIENT_REPLY_LONG : CLIENT_REPLY_INLINE, n);
        put(server, longCall ? SERVER_CALL_LONG : SERVER_CALL_INLINE, n);
        put(server, longReply ? SERVER_REPLY_LONG : SERVER_REPLY_INLINE, n);
        if (operation.procedure() != 0) {
            put(client, CLIENT_OFFERED_REPLY_CHUNK, n);
        }
        if (longCall) {
            put(server, RDMA_READS, n);
            put(server, RDMA_READ_BYTES, n * call);
        }
        if (longReply) {
            put(server, RDMA_WRITES, n);
            put(server, RDMA_WRITE_BYTES, n * reply);
        }
        for (Map<String, Long> side : List.of(client, server)) {
            put(side, SENDS, n);
            put(side, RECEIVES, n);
        }
        return new Expectation(client, server);
    }

    /** Which way call and reply went, for the table. */
    static String path(Operation operation) {
        return way("call", operation.callMessage(), "Read") + ", " + way("reply", operation.replyMessage(), "Write");
    }

    private static String way(String what, int message, String how) {
        return what + (message > INLINE ? String.format(" long: 1 %s of %,d B", how, message) : " inline");
    }

    /**
     * Compares what was got with what was expected.
     *
     * @param side for the message
     * @param before counters before the operation
     * @param after counters after it
     * @return one line for each difference
     */
    static List<String> differences(String side, Map<String, Long> expected, Map<String, Long> before, Map<String, Long> after) {
        List<String> result = new ArrayList<>();
        Map<String, Long> delta = CounterDelta.of(before, after);
        Set<String> all = new TreeSet<>(delta.keySet());
        all.addAll(expected.keySet());
        for (String name : all) {
            long got = delta.getOrDefault(name, 0L);
            long wanted = expected.getOrDefault(name, 0L);
            if (got != wanted) {
                result.add(String.format("%s: %s: expected %,d, got %,d", side, name, wanted, got));
            }
        }
        return result;
    }

    private static void put(Map<String, Long> side, XprtCounter counter, long n) {
        side.put(counter.label(), n);
    }
}
