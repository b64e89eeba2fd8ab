// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore.device;

import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;

/** The RDMA device was removed while it was in use; everything on it has ended. */
public class DeviceRemovedException extends VerbsException {

    private static final long serialVersionUID = 1L;

    public DeviceRemovedException(String device) {
        super("the RDMA device " + device + " was removed");
    }
}
