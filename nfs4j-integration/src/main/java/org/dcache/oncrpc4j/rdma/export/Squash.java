// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import org.dcache.oncrpc4j.rpc.RpcAuthTypeUnix;
import org.dcache.oncrpc4j.rpc.RpcCall;

/**
 * Which callers of AUTH_SYS are taken for somebody else, as the option of Linux's exports of the same name. Callers with any other credential are
 * always the anonymous user.
 */
public enum Squash {

    /** The client's root is the anonymous user; all others are who they say. */
    ROOT,
    /** Everybody is the anonymous user: for a server without privileges, which can only act as the user it runs as. */
    ALL,
    /** Everybody is who they say, root too. */
    NONE;

    Caller caller(RpcCall call, int anonymousUid, int anonymousGid) {
        if (this == ALL || !(call.getCredential() instanceof RpcAuthTypeUnix unix)) {
            return new Caller(anonymousUid, anonymousGid);
        }
        int uid = unix.uid() == 0 && this == ROOT ? anonymousUid : unix.uid();
        int gid = squashed(unix.gid(), anonymousGid);
        int[] groups = unix.gids().clone();
        for (int i = 0; i < groups.length; i++) {
            groups[i] = squashed(groups[i], anonymousGid);
        }
        return new Caller(uid, gid, groups);
    }

    private int squashed(int gid, int anonymousGid) {
        return gid == 0 && this == ROOT ? anonymousGid : gid;
    }
}
