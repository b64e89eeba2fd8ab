// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.iwarp.wire.RdmapOpcode;

/**
 * A Send, put together out of its FPDUs.
 *
 * @param at the frame with its last byte
 * @param opcode one of the four Sends
 * @param invalidated the STag to invalidate; only with an opcode that does
 * @param fpdus that it came in
 * @param bytes the message from position to limit, as far as the capture has it; good during the call only
 * @param missing bytes that are not in the capture; unless 0, {@code bytes} ends before the first of them
 */
public record SendMessage(Moment at, Direction direction, RdmapOpcode opcode, int invalidated, int fpdus, ByteBuffer bytes, int missing) {}
