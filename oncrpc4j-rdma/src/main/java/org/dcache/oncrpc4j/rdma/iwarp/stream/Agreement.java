// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.stream;

import org.dcache.oncrpc4j.rdma.verbs.ConnectionInfo;

/**
 * What the MPA handshake agreed on, for the connection that starts now.
 *
 * @param info what the upper layer is told
 * @param initiator whether we sent the Request
 * @param mulpdu largest ULPDU to send
 * @param receiveSize largest message to take
 * @param receives receives posted at once
 * @param readRequestBound Read Requests the peer may have outstanding: IRD, or one more for a Read as RTR indication
 * @param emptyRtr whether an empty FPDU is legal as the peer's RTR indication
 */
public record Agreement(
        ConnectionInfo info,
        boolean initiator,
        int mulpdu,
        int receiveSize,
        int receives,
        int readRequestBound,
        boolean emptyRtr) {}
