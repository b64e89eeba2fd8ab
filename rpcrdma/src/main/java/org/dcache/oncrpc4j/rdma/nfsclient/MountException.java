// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfsclient;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.mount.MountStat3;

/** The server rejected the mount of a path. */
public final class MountException extends IOException {

    private static final long serialVersionUID = 1L;

    private final MountStat3 status;

    MountException(String path, MountStat3 status) {
        super("MNT of " + path + ": expected MNT3_OK, got " + status);
        this.status = status;
    }

    /** Never MNT3_OK. */
    public MountStat3 status() {
        return status;
    }
}
