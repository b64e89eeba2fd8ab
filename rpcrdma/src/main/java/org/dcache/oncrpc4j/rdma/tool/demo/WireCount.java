// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.demo;

/** What can be counted on a byte stream between two RPC programs. Opcodes as in RFC 5040, figure 3 and RFC 8166's use of them. */
enum WireCount {
    /** Record-marked RPC messages (RFC 5531, section 11). */
    RPC_RECORDS("record-marked RPC messages"),
    /** MPA Request and Reply frames (RFC 5044, section 7.1). */
    MPA_FRAMES("MPA Request/Reply frames"),
    /** FPDUs (RFC 5044, section 4). */
    FPDUS("FPDUs"),
    /** FPDUs whose CRC32C is right, where the Reply frame says that CRCs are used. */
    GOOD_CRCS("FPDUs with a good CRC32C"),
    /** Sends, of all four kinds; messages, not segments. */
    SENDS("Sends"),
    /** RDMA Writes with data; messages. */
    RDMA_WRITES("RDMA Writes"),
    /** Payload of RDMA Writes. */
    RDMA_WRITE_BYTES("bytes by RDMA Write"),
    /** RDMA Writes and RDMA Read Requests of length zero: the handshake's ready-to-receive message, keepalives. */
    EMPTY_MESSAGES("zero-length messages"),
    /** RDMA Read Requests for data. */
    RDMA_READS("RDMA Read Requests"),
    /** Payload of RDMA Read Responses. */
    RDMA_READ_BYTES("bytes by RDMA Read Response"),
    /** Terminate messages. */
    TERMINATES("Terminates");

    private final String label;

    WireCount(String label) {
        this.label = label;
    }

    String label() {
        return label;
    }
}
