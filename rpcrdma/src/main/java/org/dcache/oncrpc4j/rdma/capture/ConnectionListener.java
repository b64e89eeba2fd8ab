// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

import java.nio.ByteBuffer;

/**
 * Sees what one connection holds, in the order of the capture. Buffers are the decoder's own: good during the call only, and not to be
 * changed. What a method throws ends the decoding.
 */
public interface ConnectionListener {

    /** An MPA Request ({@code TO_SERVER}) or Reply, whole; its private data is as long as its header says. */
    default void mpa(Moment at, Direction direction, ByteBuffer frame) {}

    /** An FPDU. */
    default void fpdu(Fpdu fpdu) {}

    /** A Send whose last FPDU was shown just before. */
    default void send(SendMessage message) {}

    /** What is not as it should be. */
    default void problem(CaptureProblem problem) {}

    /** One direction is over, after so many bytes, those that are missing included. */
    default void streamEnd(Direction direction, long bytes) {}

    /** Both directions are over. */
    default void end() {}
}
