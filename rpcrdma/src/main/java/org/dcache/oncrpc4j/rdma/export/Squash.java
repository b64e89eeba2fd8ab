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
 * Which callers are taken for the anonymous user, as by root_squash, all_squash and no_root_squash of Linux. With AUTH_SYS a caller is the
 * user that the client says, with RPCSEC_GSS the user that the service's login service maps the principal to. Callers without such a user,
 * with any other credential, or with the id {@link UserIds#NONE} are always anonymous.
 */
public enum Squash {

    /** User and group 0 are anonymous; all others stay. */
    ROOT,
    /** Everybody is anonymous: for a server without privileges, which can only act as the user it runs as. */
    ALL,
    /** Nobody is changed, root included. */
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

    /** The anonymous user; with the other groups of the server's process if the ids are those of the process, root excepted. */
    private static Caller anonymous(int uid, int gid) {
        ProcessUser process = ProcessUser.current();
        return process.uid() == uid && process.gid() == gid && uid != 0 ? new Caller(uid, gid, process.groups()) : new Caller(uid, gid);
    }

    /** The caller by a subject's principals; null if there is no user or no primary group. */
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
