// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import com.sun.security.auth.UnixNumericGroupPrincipal;
import com.sun.security.auth.UnixNumericUserPrincipal;
import java.util.Set;
import javax.security.auth.Subject;
import org.dcache.oncrpc4j.rdma.export.tree.ProcessUser;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeUnix;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.gss.RpcAuthGss;

/**
 * Which callers are taken for somebody else, as the option of Linux's exports of the same name. A caller of AUTH_SYS is who he says, one of
 * RPCSEC_GSS whom the service's login service has mapped his name to. Callers whom it does not know, those with any other credential, and
 * those with an id that nobody can have, are always the anonymous user.
 */
public enum Squash {

    /** The client's root is the anonymous user; all others are who they say. */
    ROOT,
    /** Everybody is the anonymous user: for a server without privileges, which can only act as the user it runs as. */
    ALL,
    /** Everybody is who they say, root too. */
    NONE;

    Caller caller(RpcCall call, int anonymousUid, int anonymousGid) {
        Caller claimed = null;
        if (call.getCredential() instanceof RpcAuthTypeUnix unix) {
            claimed = new Caller(unix.uid(), unix.gid(), unix.gids());
        } else if (call.getCredential() instanceof RpcAuthGss gss) {
            claimed = mapped(gss.getSubject());
        }
        if (this == ALL || claimed == null || claimed.uid() == UserIds.NONE || claimed.gid() == UserIds.NONE) {
            return anonymous(anonymousUid, anonymousGid);
        }
        int uid = claimed.uid() == 0 && this == ROOT ? anonymousUid : claimed.uid();
        int[] groups = claimed.groups().clone();
        for (int i = 0; i < groups.length; i++) {
            groups[i] = squashed(groups[i], anonymousGid);
        }
        return new Caller(uid, squashed(claimed.gid(), anonymousGid), groups);
    }

    /** With the groups of the user that the server runs as, if that is who he is. */
    private static Caller anonymous(int uid, int gid) {
        ProcessUser process = ProcessUser.current();
        return process.uid() == uid && process.gid() == gid && uid != 0 ? new Caller(uid, gid, process.groups()) : new Caller(uid, gid);
    }

    /** Null of somebody without a user and a primary group. */
    private static Caller mapped(Subject subject) {
        Set<UnixNumericGroupPrincipal> groups = subject.getPrincipals(UnixNumericGroupPrincipal.class);
        for (UnixNumericUserPrincipal user : subject.getPrincipals(UnixNumericUserPrincipal.class)) {
            for (UnixNumericGroupPrincipal group : groups) {
                if (group.isPrimaryGroup()) {
                    int[] others = groups.stream().filter(g -> !g.isPrimaryGroup()).mapToInt(g -> (int) g.longValue()).toArray();
                    return new Caller((int) user.longValue(), (int) group.longValue(), others);
                }
            }
        }
        return null;
    }

    private int squashed(int gid, int anonymousGid) {
        return gid == 0 && this == ROOT ? anonymousGid : gid;
    }
}
