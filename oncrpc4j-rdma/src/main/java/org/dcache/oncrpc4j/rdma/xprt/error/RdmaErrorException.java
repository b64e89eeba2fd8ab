// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.error;

import java.io.IOException;

/** The peer answered a call with RDMA_ERROR; sending it again would bring the same answer (RFC 8166, 4.5). */
public class RdmaErrorException extends IOException {

    private static final long serialVersionUID = 1L;

    private final int code;

    public RdmaErrorException(String message, int code) {
        super(message);
        this.code = code;
    }

    /** 1 ERR_VERS, 2 ERR_CHUNK, or what else was got. */
    public int code() {
        return code;
    }
}
