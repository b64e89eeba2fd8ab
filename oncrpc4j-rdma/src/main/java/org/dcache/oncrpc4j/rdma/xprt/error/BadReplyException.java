// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.error;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;

/** The peer's reply and its chunks contradict each other or what was offered; the call has failed for good. */
public class BadReplyException extends IOException {

    private static final long serialVersionUID = 1L;

    private final XprtCounter counter;

    public BadReplyException(String message) {
        this(message, XprtCounter.DROPPED_BAD_REPLY);
    }

    public BadReplyException(String message, XprtCounter counter) {
        super(message);
        this.counter = counter;
    }

    /** What counts its cause. */
    public XprtCounter counter() {
        return counter;
    }
}
