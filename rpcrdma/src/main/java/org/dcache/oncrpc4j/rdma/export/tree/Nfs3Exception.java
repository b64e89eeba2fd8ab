// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;

/** An NFS procedure ends with this status. Nothing unusual, so it has no stack trace. */
public final class Nfs3Exception extends IOException {

    private static final long serialVersionUID = 1L;

    private final NfsStat3 status;

    public Nfs3Exception(NfsStat3 status, String message) {
        super(status + ": " + message);
        this.status = status;
    }

    public NfsStat3 status() {
        return status;
    }

    @Override
    public Throwable fillInStackTrace() {
        return this;
    }
}
