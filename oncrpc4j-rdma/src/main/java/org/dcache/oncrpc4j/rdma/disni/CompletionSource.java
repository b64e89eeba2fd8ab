// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.disni;

import com.ibm.disni.verbs.IbvCQ;
import com.ibm.disni.verbs.IbvWC;
import java.io.IOException;

/** A completion queue with the channel that tells of it. One thread takes and arms; another waits. */
interface CompletionSource {

    /** For queue pairs that are to use it. */
    IbvCQ cq();

    /** Completions that it can hold. */
    int capacity();

    /** Takes what is there, at most a batch. @return how many */
    int poll() throws IOException;

    /** What the last {@link #poll} took. */
    IbvWC taken(int index);

    /** Asks for an event at the next completion. */
    void arm() throws IOException;

    /** Waits for the event. @return whether it came */
    boolean await(int millis) throws IOException;

    /** When nobody uses it. */
    void destroy();
}
