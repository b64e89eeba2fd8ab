// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.error;

import java.io.IOException;

/** A call needs more chunks than its transport header can name under the peer's inline threshold. */
public class HeaderTooLongException extends IOException {

    private static final long serialVersionUID = 1L;

    public HeaderTooLongException(String message) {
        super(message);
    }
}
