// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux.harness;

/**
 * What a call and its reply cost on the wire, both directions together.
 *
 * @param messages Sends
 * @param replies Sends of the server among them
 * @param writes RDMA Writes, each one Work Request, since a message ends with its Work Request
 * @param reads RDMA Reads, by their Read Requests
 * @param fpdus of all kinds, those of Read Responses included
 * @param bytes of these FPDUs from length field to CRC
 * @param rpc bytes of RPC messages among them, inline or by chunk
 */
public record WireCost(int messages, int replies, int writes, int reads, int fpdus, long bytes, long rpc) {

    public static final WireCost NONE = new WireCost(0, 0, 0, 0, 0, 0, 0);

    /** Work Requests that the server posted to its send queue. */
    public int workRequests() {
        return replies + writes + reads;
    }

    /** Bytes that the transport adds to the RPC messages. */
    public long added() {
        return bytes - rpc;
    }

    public WireCost plus(WireCost other) {
        return new WireCost(messages + other.messages, replies + other.replies, writes + other.writes, reads + other.reads,
                fpdus + other.fpdus, bytes + other.bytes, rpc + other.rpc);
    }
}
