// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.check.nfs41;

import java.io.IOException;
import java.util.Map;

/** An operation that the server refused, with the number of RFC 8881, section 15.1, and its name where it is one that a check meets. */
public final class NfsRefusalException extends IOException {

    private static final long serialVersionUID = 1L;

    private static final Map<Integer, String> NAMES = Map.ofEntries(Map.entry(1, "NFS4ERR_PERM"), Map.entry(2, "NFS4ERR_NOENT"),
            Map.entry(13, "NFS4ERR_ACCESS"), Map.entry(20, "NFS4ERR_NOTDIR"), Map.entry(21, "NFS4ERR_ISDIR"),
            Map.entry(22, "NFS4ERR_INVAL"),
            Map.entry(10004, "NFS4ERR_NOTSUPP"), Map.entry(10006, "NFS4ERR_SERVERFAULT"), Map.entry(10008, "NFS4ERR_DELAY"),
            Map.entry(10013, "NFS4ERR_GRACE"), Map.entry(10016, "NFS4ERR_WRONGSEC"), Map.entry(10021, "NFS4ERR_MINOR_VERS_MISMATCH"),
            Map.entry(10029, "NFS4ERR_SYMLINK"), Map.entry(10058, "NFS4ERR_LAYOUTTRYLATER"), Map.entry(10059, "NFS4ERR_LAYOUTUNAVAILABLE"),
            Map.entry(10060, "NFS4ERR_NOMATCHING_LAYOUT"), Map.entry(10062, "NFS4ERR_UNKNOWN_LAYOUTTYPE"));

    NfsRefusalException(String operation, int status) {
        super("the server refused " + operation + ": " + NAMES.getOrDefault(status, "status " + status));
    }
}
