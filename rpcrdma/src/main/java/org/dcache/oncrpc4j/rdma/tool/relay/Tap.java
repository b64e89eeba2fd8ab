// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.relay;

/**
 * Is shown the bytes of one connection before they are passed on, and decides whether it goes on. Each direction has a thread of its own,
 * so that the two methods may be called at the same time.
 */
public interface Tap {

    /** What becomes of a connection. */
    enum Verdict {
        /** The bytes are passed on. */
        PASS,
        /** They are not; both sides see the connection end in good order (FIN). */
        FINISH,
        /** They are not; both sides see the connection break (RST). */
        RESET
    }

    /** Bytes of the side that connected. */
    Verdict toServer(byte[] bytes, int offset, int length);

    /** Bytes of the side that accepted. */
    Verdict toClient(byte[] bytes, int offset, int length);
}
