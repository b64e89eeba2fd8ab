// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.disni;

import java.io.IOException;

/** Who wanted a connection, a peer or our side: hears once, on the loop of the connection, what became of it. Must not throw. */
interface Opening {

    /** It is up; its handler knows that already. */
    void up(DisniQueuePair queuePair);

    /** It ended before it was up. @return whether its handler is to hear of the end */
    boolean notUp(IOException cause);
}
