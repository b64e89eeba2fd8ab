// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux.harness;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the kernel's client counted of one mount, by /proc/self/mountstats (kernel: {@code xprt_rdma_print_stats}, {@code
 * rpc_clnt_show_stats}). The figures of several connections ({@code nconnect}) are added up.
 */
public record MountStats(String transport, Map<String, Long> counters, Map<String, Operation> operations) {

    /** Calls of one procedure: how many, how often sent, how often they timed out, and how many ended with an error. */
    record Operation(long calls, long transmissions, long timeouts, long errors) {}

    private static final List<String> RDMA = List.of("port", "bind_count", "connect_count", "connect_time", "idle_time", "sends",
            "receives", "bad_xids",
            "request_slots", "backlog", "read_chunk_count", "write_chunk_count", "reply_chunk_count", "total_rdma_request",
            "total_rdma_reply",
            "pullup_copy_count", "fixup_copy_count", "hardway_register_count", "failed_marshal_count", "bad_reply_count",
            "nomsg_call_count",
            "mrs_recycled", "mrs_orphaned", "mrs_allocated", "local_inv_needed", "empty_sendctx_q", "reply_waits_for_send");

    private static final List<String> TCP = List.of("port", "bind_count", "connect_count", "connect_time", "idle_time", "sends", "receives",
            "bad_xids");

    /** @param text the part of the file that is about the mount */
    public static MountStats parse(String text) {
        String transport = "none";
        Map<String, Long> counters = new LinkedHashMap<>();
        Map<String, Operation> operations = new LinkedHashMap<>();
        boolean perOperation = false;
        for (String line : text.lines().toList()) {
            String[] words = line.trim().split("\\s+");
            if (words[0].equals("xprt:")) {
                transport = words[1];
                List<String> names = transport.equals("rdma") ? RDMA : TCP;
                for (int i = 0; i < names.size() && i + 2 < words.length; i++) {
                    counters.merge(names.get(i), Long.parseLong(words[i + 2]), Long::sum);
                }
            } else if (words[0].equals("per-op")) {
                perOperation = true;
            } else if (perOperation && words.length >= 9) {
                long errors = words.length > 9 ? Long.parseLong(words[9]) : 0;
                operations.put(words[0].replace(":", ""),
                        new Operation(Long.parseLong(words[1]), Long.parseLong(words[2]), Long.parseLong(words[3]), errors));
            }
        }
        return new MountStats(transport, counters, operations);
    }

    public long counter(String name) {
        Long value = counters.get(name);
        if (value == null) {
            throw new IllegalArgumentException("expected a counter " + name + " of transport " + transport + ", got " + counters.keySet());
        }
        return value;
    }

    public long calls(String operation) {
        return operations.getOrDefault(operation, new Operation(0, 0, 0, 0)).calls();
    }

    /** All calls. */
    long calls() {
        return operations.values().stream().mapToLong(Operation::calls).sum();
    }

    /** How often calls were sent again. */
    public long retransmissions() {
        return operations.values().stream().mapToLong(o -> o.transmissions() - o.calls()).sum();
    }

    /** The transport's counters that are not 0, and the calls, in a line. */
    public String line() {
        StringBuilder line = new StringBuilder(transport);
        counters.forEach((name, value) -> line.append(value == 0 || name.equals("port") ? "" : " " + name + "=" + value));
        line.append(";");
        operations.forEach((name, operation) -> line.append(operation.calls() == 0 ? "" : " " + name + "=" + operation.calls()));
        return line.toString();
    }
}
