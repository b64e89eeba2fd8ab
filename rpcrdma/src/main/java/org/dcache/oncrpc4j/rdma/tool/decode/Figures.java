// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.decode;

import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.dcache.oncrpc4j.rdma.capture.CaptureProblem;
import org.dcache.oncrpc4j.rdma.capture.Fpdu;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;

/** Counts over a whole capture; their names are those of {@code --json}. */
final class Figures {

    private long connections;
    private long fpdus;
    private long badCrc;
    private long crcChecked;
    private long send;
    private long sendInvalidate;
    private long write;
    private long readRequest;
    private long readResponse;
    private long terminate;
    private long rdmaMsg;
    private long rdmaNomsg;
    private long rdmaError;
    private long undecoded;
    private final Map<CaptureProblem.Kind, Long> problems = new EnumMap<>(CaptureProblem.Kind.class);

    void connection() {
        connections++;
    }

    void fpdu(Fpdu fpdu) {
        fpdus++;
        crcChecked += fpdu.crc() == Fpdu.Crc.NOT_CHECKED ? 0 : 1;
        badCrc += fpdu.crc() == Fpdu.Crc.BAD ? 1 : 0;
        if (fpdu.opcode() != null) {
            switch (fpdu.opcode()) {
                case SEND, SEND_WITH_SOLICITED_EVENT -> send++;
                case SEND_WITH_INVALIDATE, SEND_WITH_SOLICITED_EVENT_AND_INVALIDATE -> sendInvalidate++;
                case RDMA_WRITE -> write++;
                case READ_REQUEST -> readRequest++;
                case READ_RESPONSE -> readResponse++;
                case TERMINATE -> terminate++;
            }
        }
    }

    /** An RPC-over-RDMA message with this procedure. */
    void message(int procedure) {
        switch (procedure) {
            case RdmaHeader.RDMA_MSG -> rdmaMsg++;
            case RdmaHeader.RDMA_NOMSG -> rdmaNomsg++;
            case RdmaHeader.RDMA_ERROR -> rdmaError++;
            default -> { }
        }
    }

    void problem(CaptureProblem problem) {
        problems.merge(problem.kind(), 1L, Long::sum);
        undecoded += problem.bytes();
    }

    /** A Send that is no RPC-over-RDMA message. */
    void undecodable(long bytes) {
        undecoded += bytes;
    }

    /** For people: the counts, and if there were problems, these. */
    List<String> sentences() {
        String counts = sentence(members());
        return problems.isEmpty() ? List.of(counts) : List.of(counts, "problems: " + sentence(problems));
    }

    private static String sentence(Map<?, ?> counts) {
        return counts.entrySet().stream().map(count -> count.getKey() + " " + count.getValue()).collect(Collectors.joining(", "));
    }

    /** Whether a stricter user should look at it. */
    boolean isClean() {
        return connections > 0 && badCrc == 0 && undecoded == 0 && problems.isEmpty();
    }

    /** In the order of the documentation. */
    Map<String, Object> members() {
        Map<String, Object> m = new LinkedHashMap<>();
        m.put("connections", connections);
        m.put("mpa_fpdus", fpdus);
        m.put("bad_crc", badCrc);
        m.put("crc_checked", crcChecked);
        m.put("send", send);
        m.put("send_inv", sendInvalidate);
        m.put("write", write);
        m.put("read_request", readRequest);
        m.put("read_response", readResponse);
        m.put("terminate", terminate);
        m.put("rdma_msg", rdmaMsg);
        m.put("rdma_nomsg", rdmaNomsg);
        m.put("rdma_error", rdmaError);
        m.put("undecoded_bytes", undecoded);
        return m;
    }
}
