// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs.error;

/** A bound does not allow more: one that was configured, or one of the system or the device. */
public class ResourceLimitException extends VerbsException {

    private static final long serialVersionUID = 1L;

    public ResourceLimitException(String message) {
        super(message);
    }

    public ResourceLimitException(String message, Throwable cause) {
        super(message, cause);
    }
}
