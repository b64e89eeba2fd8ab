// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;

/** Outcome of {@link Adapter#connect}; exactly one call, on a loop thread, must not block. */
public interface ConnectListener {

    void connected(QueuePair queuePair);

    /**
     * @param cause a {@link java.net.ConnectException} whose message starts with "Connection refused" when nobody listens,
     *     otherwise a {@link VerbsException} of its own type for each cause, or the system's IOException
     */
    void failed(IOException cause);
}
