// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.iwarp.wire.RdmapOpcode;
import org.dcache.oncrpc4j.rdma.proto.PrivateData;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;

/**
 * Sees what a capture holds, from the outer to the inner. Buffers and headers are the walker's own: good during the call only. {@code
 * frame} is the one with the item's last byte.
 */
public interface CaptureListener {

    /** A TCP segment with payload. */
    default void segment(TcpSegment segment) {}

    /** An MPA Request ({@code TO_SERVER}) or Reply, whole. */
    default void mpa(int frame, Direction direction, ByteBuffer bytes, PrivateData privateData) {}

    /** An FPDU, whole, length field to CRC field. */
    default void fpdu(int frame, Direction direction, ByteBuffer bytes, RdmapOpcode opcode, boolean last) {}

    /** A message that begins with an RPC-over-RDMA header; {@code rpc} is the RPC message that is in it or in its chunk. */
    default void rpc(int frame, Direction direction, RdmaHeader header, ByteBuffer rpc) {}

    /** One direction of a connection is over. */
    default void streamEnd(Direction direction, long bytes) {}
}
