// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

/** A frame, or the file from there on, cannot be read. The message says which frame, and why. */
public class CaptureException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public CaptureException(int frame, String message) {
        super("frame " + frame + ": " + message);
    }

    public CaptureException(int frame, String message, Throwable cause) {
        super("frame " + frame + ": " + message, cause);
    }
}
