// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs.error;

/** The device, or the library for it, did not do what it was told; the connection is over. */
public class DeviceErrorException extends VerbsException {

    private static final long serialVersionUID = 1L;

    public DeviceErrorException(String message) {
        super(message);
    }

    public DeviceErrorException(String message, Throwable cause) {
        super(message, cause);
    }
}
