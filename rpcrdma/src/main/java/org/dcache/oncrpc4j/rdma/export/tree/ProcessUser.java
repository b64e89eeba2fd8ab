// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import com.sun.security.auth.module.UnixSystem;

/** The user that this process runs as. */
public record ProcessUser(int uid, int gid) {

    public static ProcessUser current() {
        UnixSystem system = new UnixSystem();
        return new ProcessUser((int) system.getUid(), (int) system.getGid());
    }
}
