// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.decode;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Names of the RPC programs that travel with NFS, and of their procedures (RFC 1094, 1813, 7530, 5661, 1833; X/Open NLM). */
final class RpcNames {

    private record Program(int number, int version) {}

    private record Names(String program, List<String> procedures) {}

    private static final Map<Program, Names> KNOWN = new HashMap<>();

    private static final int PORTMAP = 100000;
    private static final int NFS = 100003;
    private static final int MOUNT = 100005;
    private static final int NLM = 100021;
    private static final int NSM = 100024;
    private static final int NFSACL = 100227;
    /** The one that Linux takes; the client may choose it. */
    private static final int NFS_CALLBACK = 0x40000000;

    static {
        add("PORTMAP", PORTMAP, 2, "NULL SET UNSET GETPORT DUMP CALLIT");
        String rpcbind = "NULL SET UNSET GETADDR DUMP CALLIT GETTIME UADDR2TADDR TADDR2UADDR";
        add("RPCBIND", PORTMAP, 3, rpcbind);
        add("RPCBIND", PORTMAP, 4, rpcbind + " GETVERSADDR INDIRECT GETADDRLIST GETSTAT");
        add("NFS", NFS, 2, "NULL GETATTR SETATTR ROOT LOOKUP READLINK READ WRITECACHE WRITE CREATE REMOVE RENAME LINK SYMLINK MKDIR RMDIR"
                + " READDIR STATFS");
        add("NFS", NFS, 3, "NULL GETATTR SETATTR LOOKUP ACCESS READLINK READ WRITE CREATE MKDIR SYMLINK MKNOD REMOVE RMDIR RENAME LINK"
                + " READDIR READDIRPLUS FSSTAT FSINFO PATHCONF COMMIT");
        add("NFS", NFS, 4, "NULL COMPOUND");
        for (int version : new int[] {1, 2, 3}) {
            add("MOUNT", MOUNT, version, "NULL MNT DUMP UMNT UMNTALL EXPORT");
        }
        add("NLM", NLM, 4, "NULL TEST LOCK CANCEL UNLOCK GRANTED TEST_MSG LOCK_MSG CANCEL_MSG UNLOCK_MSG GRANTED_MSG TEST_RES LOCK_RES"
                + " CANCEL_RES UNLOCK_RES GRANTED_RES SM_NOTIFY 17 18 19 SHARE UNSHARE NM_LOCK FREE_ALL");
        add("NSM", NSM, 1, "NULL STAT MON UNMON UNMON_ALL SIMU_CRASH NOTIFY");
        for (int version : new int[] {2, 3}) {
            add("NFSACL", NFSACL, version, "NULL GETACL SETACL GETATTR ACCESS GETXATTRDIR");
        }
        add("NFS callback", NFS_CALLBACK, 1, "CB_NULL CB_COMPOUND");
    }

    private RpcNames() {}

    private static void add(String name, int program, int version, String procedures) {
        KNOWN.put(new Program(program, version), new Names(name + " " + version, List.of(procedures.split(" "))));
    }

    /** For people: {@code NFS 3 GETATTR}; numbers where there are no names. */
    static String of(int program, int version, int procedure) {
        Names names = KNOWN.get(new Program(program, version));
        if (names == null) {
            return "program " + Integer.toUnsignedString(program) + " version " + Integer.toUnsignedString(version) + " procedure "
                    + Integer.toUnsignedString(procedure);
        }
        return names.program + " " + (procedure >= 0 && procedure < names.procedures.size() ? names.procedures.get(procedure)
                : "procedure " + Integer.toUnsignedString(procedure));
    }
}
