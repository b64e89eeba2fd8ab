// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import com.sun.security.auth.module.UnixSystem;

/**
 * The user that this process runs as.
 *
 * @param groups besides {@code gid}; must not be changed
 */
public record ProcessUser(int uid, int gid, int... groups) {

    private static final ProcessUser CURRENT = ask();

    public static ProcessUser current() {
        return CURRENT;
    }

    private static ProcessUser ask() {
        UnixSystem system = new UnixSystem();
        long[] all = system.getGroups();
        int[] groups = new int[all.length];
        for (int i = 0; i < all.length; i++) {
            groups[i] = (int) all[i];
        }
        return new ProcessUser((int) system.getUid(), (int) system.getGid(), groups);
    }
}
