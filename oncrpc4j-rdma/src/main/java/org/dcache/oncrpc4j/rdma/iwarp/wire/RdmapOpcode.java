// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.wire;

/**
 * The RDMAP messages and how DDP carries them: RFC 5040 section 4.3, figure 4.
 *
 * <p>The constants stand in wire order: {@link #wire()} is the ordinal.
 */
public enum RdmapOpcode {
    RDMA_WRITE(true, -1, 0),
    READ_REQUEST(false, 1, ReadRequestHeader.LENGTH),
    READ_RESPONSE(true, -1, 0),
    SEND(false, 0, 0),
    SEND_WITH_INVALIDATE(false, 0, 0),
    SEND_WITH_SOLICITED_EVENT(false, 0, 0),
    SEND_WITH_SOLICITED_EVENT_AND_INVALIDATE(false, 0, 0),
    TERMINATE(false, 2, 0);

    private static final RdmapOpcode[] VALUES = values();

    private final boolean tagged;
    private final int queue;
    private final int headerLength;

    RdmapOpcode(boolean tagged, int queue, int extra) {
        this.tagged = tagged;
        this.queue = queue;
        this.headerLength = (tagged ? DdpHeader.TAGGED_LENGTH : DdpHeader.UNTAGGED_LENGTH) + extra;
    }

    /** The opcode of a 4-bit value, null for the unassigned 8 to 15. */
    public static RdmapOpcode of(int wire) {
        return wire < VALUES.length ? VALUES[wire] : null;
    }

    public int wire() {
        return ordinal();
    }

    public boolean isTagged() {
        return tagged;
    }

    /** The DDP queue number of an untagged message, -1 for tagged ones. */
    public int queue() {
        return queue;
    }

    /** Bytes of DDP and RDMAP header, without the MPA length field. */
    public int headerLength() {
        return headerLength;
    }

    public boolean isSend() {
        return queue == 0;
    }

    /** Whether the word behind the control field names an STag to invalidate. */
    public boolean invalidates() {
        return this == SEND_WITH_INVALIDATE || this == SEND_WITH_SOLICITED_EVENT_AND_INVALIDATE;
    }
}
