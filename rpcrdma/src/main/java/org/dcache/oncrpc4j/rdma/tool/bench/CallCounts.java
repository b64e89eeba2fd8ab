// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The system calls of one process during a number of RPC calls, read from the table that {@code strace -c} prints.
 *
 * @param rpcCalls during which they were counted
 * @param byName number of calls by name
 */
record CallCounts(long rpcCalls, Map<String, Long> byName) {

    private static final Set<String> DATA = Set.of("read", "write", "readv", "writev", "recvfrom", "recvmsg", "recvmmsg", "sendto",
            "sendmsg", "sendmmsg", "recv", "send", "sendfile", "sendfile64", "splice", "pread64", "pwrite64", "preadv", "pwritev");
    private static final Set<String> WAIT = Set.of("epoll_wait", "epoll_pwait", "epoll_pwait2", "epoll_ctl", "poll", "ppoll", "select",
            "pselect6");

    /** Reads the table. Its columns are time, seconds, usecs/call, calls, errors (may be missing) and name; other lines are passed over. */
    static CallCounts parse(List<String> straceTable, long rpcCalls) {
        Map<String, Long> counts = new TreeMap<>();
        for (String line : straceTable) {
            String[] columns = line.strip().split("\\s+");
            String name = columns[columns.length - 1];
            if (columns.length < 5 || name.equals("total") || name.equals("syscall") || !columns[3].matches("\\d+")) {
                continue;
            }
            counts.merge(name, Long.parseLong(columns[3]), Long::sum);
        }
        return new CallCounts(rpcCalls, counts);
    }

    /** Reading, writing and waiting for sockets: the calls that moving the data takes. */
    double inputOutputPerCall() {
        return dataPerCall() + waitPerCall();
    }

    /** Reading and writing. */
    double dataPerCall() {
        return perCall(sum(DATA));
    }

    /** Waiting for sockets: epoll, poll and select, with changes of interest. */
    double waitPerCall() {
        return perCall(sum(WAIT));
    }

    double futexPerCall() {
        return perCall(byName.getOrDefault("futex", 0L));
    }

    /** Everything else, such as what the JVM's memory management does. */
    double otherPerCall() {
        return perCall(byName.values().stream().mapToLong(Long::longValue).sum()) - inputOutputPerCall() - futexPerCall();
    }

    private long sum(Set<String> names) {
        return byName.entrySet().stream().filter(e -> names.contains(e.getKey())).mapToLong(Map.Entry::getValue).sum();
    }

    private double perCall(long n) {
        return (double) n / rpcCalls;
    }
}
