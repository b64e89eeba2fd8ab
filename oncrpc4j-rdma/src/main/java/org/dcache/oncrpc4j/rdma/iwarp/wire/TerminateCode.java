// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.wire;

import org.dcache.oncrpc4j.rdma.metrics.CounterName;

/**
 * The errors that end a stream with a Terminate: RFC 5040 section 4.8 figure 10, RFC 5041 section 7, RFC 5044 section 8. Each is the
 * counter of its own refusals as well.
 */
public enum TerminateCode implements CounterName {
    /** RDMA Read of an STag that is not, or no longer, exposed on this connection. */
    READ_STAG_INVALID(0, 1, 0x00, "RDMA Read names an STag that is not exposed"),
    READ_BOUNDS(0, 1, 0x01, "RDMA Read leaves the bounds of the exposed memory"),
    READ_ACCESS(0, 1, 0x02, "RDMA Read of memory exposed without the remote-read right"),
    READ_WRAP(0, 1, 0x04, "RDMA Read wraps the tagged offset"),
    RDMAP_VERSION(0, 2, 0x05, "RDMAP version is not 1"),
    /** Also an opcode on the wrong kind of DDP segment, or a Read Response that nobody asked for. */
    UNEXPECTED_OPCODE(0, 2, 0x06, "unexpected RDMAP opcode"),
    /** More RDMA Read Requests outstanding than our IRD. */
    IRD_OVERRUN(0, 2, 0x07, "more RDMA Read Requests outstanding than agreed"),
    CANNOT_INVALIDATE(0, 2, 0x09, "Send with Invalidate names an STag that cannot be invalidated"),
    /** A segment shorter than its header, or a Read Request or Terminate of the wrong length. */
    MALFORMED(0, 2, 0xff, "malformed RDMAP message"),

    STAG_INVALID(1, 1, 0x00, "tagged segment names an STag that is not exposed for writing"),
    BOUNDS(1, 1, 0x01, "tagged segment leaves the bounds of the exposed memory"),
    TO_WRAP(1, 1, 0x03, "tagged segment wraps the tagged offset"),
    DDP_VERSION_TAGGED(1, 1, 0x04, "DDP version of a tagged segment is not 1"),

    INVALID_QN(1, 2, 0x01, "untagged segment on an unknown queue"),
    /** A message for which no receive is posted. */
    NO_RECEIVE_POSTED(1, 2, 0x02, "message without a posted receive"),
    INVALID_MSN(1, 2, 0x03, "message sequence number is not the next"),
    INVALID_MO(1, 2, 0x04, "message offset does not continue the message"),
    MESSAGE_TOO_LONG(1, 2, 0x05, "message is longer than the posted receive"),
    DDP_VERSION_UNTAGGED(1, 2, 0x06, "DDP version of an untagged segment is not 1"),

    CRC_ERROR(2, 0, 0x02, "CRC32C of an FPDU is wrong"),
    IRD_INSUFFICIENT(2, 0, 0x06, "the peer's ORD is beyond any IRD of ours"),
    NO_COMMON_RTR(2, 0, 0x07, "peer-to-peer mode without a common RTR indication");

    private final int layer;
    private final int type;
    private final int code;
    private final String text;

    TerminateCode(int layer, int type, int code, String text) {
        this.layer = layer;
        this.type = type;
        this.code = code;
        this.text = text;
    }

    @Override
    public Severity severity() {
        return Severity.PROBLEM;
    }

    /** 0 RDMAP, 1 DDP, 2 LLP (MPA). */
    public int layer() {
        return layer;
    }

    public int type() {
        return type;
    }

    public int code() {
        return code;
    }

    /** One line for people. */
    public String text() {
        return text;
    }

    /** Whether the Terminate carries the length and DDP header of the offending segment (all but the errors of MPA). */
    public boolean copiesHeader() {
        return layer != TerminateMessage.LAYER_LLP;
    }

    @Override
    public String group() {
        return "iwarp.terminate_sent";
    }
}
