// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

/** A capture has something that we cannot decode or that breaks the protocol. The message says in which frame. */
public class CaptureException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public CaptureException(int frame, String message) {
        super("frame " + frame + ": " + message);
    }

    public CaptureException(int frame, String message, Throwable cause) {
        super("frame " + frame + ": " + message, cause);
    }
}
