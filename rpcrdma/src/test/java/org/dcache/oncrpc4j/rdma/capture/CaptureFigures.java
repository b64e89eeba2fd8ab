// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.dcache.oncrpc4j.rdma.iwarp.wire.FpduLayout;
import org.dcache.oncrpc4j.rdma.iwarp.wire.RdmapOpcode;
import org.dcache.oncrpc4j.rdma.proto.PrivateData;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.proto.RpcWords;

/** Counts what a capture holds, under names for people: {@code "FPDUs SEND TO_SERVER"}, {@code "messages RDMA_MSG TO_CLIENT"}. */
public final class CaptureFigures implements CaptureListener {

    private static final String[] PROCEDURES = {"RDMA_MSG", "RDMA_NOMSG", "RDMA_MSGP", "RDMA_DONE", "RDMA_ERROR"};

    private final Map<String, Long> figures = new TreeMap<>();
    private final Map<String, Long> calls = new TreeMap<>();
    private final List<Long> streams = new ArrayList<>();
    private final List<PrivateData> privateData = new ArrayList<>();
    private int largestUlpdu;

    @Override
    public void segment(TcpSegment segment) {
        count("TCP segments");
    }

    @Override
    public void mpa(int frame, Direction direction, ByteBuffer bytes, PrivateData data) {
        count("MPA frames " + direction);
        privateData.add(data);
    }

    @Override
    public void fpdu(int frame, Direction direction, ByteBuffer bytes, RdmapOpcode opcode, boolean last) {
        count("FPDUs");
        count("FPDUs " + opcode + " " + direction);
        if (last) {
            count("messages " + opcode + " " + direction);
        }
        int ulpdu = FpduLayout.ulpduLength(bytes, 0);
        largestUlpdu = Math.max(largestUlpdu, ulpdu);
        for (int i = FpduLayout.LENGTH_FIELD + ulpdu; i < FpduLayout.crcOffset(ulpdu); i++) {
            if (bytes.get(i) != 0) {
                count("pads not zero " + direction);
                break;
            }
        }
    }

    @Override
    public void rpc(int frame, Direction direction, RdmaHeader header, ByteBuffer rpc) {
        count("messages " + PROCEDURES[header.procedure()] + " " + direction);
        count("credits " + header.credits() + " " + direction);
        if (rpc.remaining() < RpcWords.DIRECTION_LENGTH) {
            // A long call: its RPC message is still with the client.
            count("RPC calls");
        } else if (RpcWords.type(rpc, 0) == RpcWords.CALL) {
            count("RPC calls");
            calls.merge(rpc.getInt(RpcWords.CALL_PROGRAM) + "." + rpc.getInt(RpcWords.CALL_PROGRAM_VERSION) + "."
                    + rpc.getInt(RpcWords.CALL_PROCEDURE), 1L, Long::sum);
        } else {
            count("RPC replies");
        }
    }

    @Override
    public void streamEnd(Direction direction, long bytes) {
        streams.add(bytes);
    }

    private void count(String name) {
        figures.merge(name, 1L, Long::sum);
    }

    /** All figures that are not 0. */
    public Map<String, Long> figures() {
        return figures;
    }

    /** One figure, 0 if it never counted. */
    public long get(String name) {
        return figures.getOrDefault(name, 0L);
    }

    /** RPC calls by {@code program.version.procedure}. */
    public Map<String, Long> calls() {
        return calls;
    }

    /** Bytes of each TCP stream: first connection to the server, to the client, second connection. */
    public List<Long> streams() {
        return streams;
    }

    /** Private data of each MPA frame, in order. */
    public List<PrivateData> privateData() {
        return privateData;
    }

    public int largestUlpdu() {
        return largestUlpdu;
    }
}
