// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfsclient;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;

/** The server answered an NFS call with an error. */
public final class NfsException extends IOException {

    private static final long serialVersionUID = 1L;

    private final NfsStat3 status;

    NfsException(String procedure, NfsStat3 status) {
        super(procedure + ": expected NFS3_OK, got " + status);
        this.status = status;
    }

    /** Never NFS3_OK. */
    public NfsStat3 status() {
        return status;
    }
}
