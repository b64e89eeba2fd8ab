// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs;

import org.dcache.oncrpc4j.rdma.spi.CallPlan;

/**
 * Binding of NFSACL version 3, which shares NFSv3's connection (RFC 8267, 4.2): nothing is eligible [60]. GETACL's reply is bounded by the
 * entries that an ACL may have, 1024 on every system known. Stateless; any thread.
 */
public final class NfsAclBinding extends NfsBinding {

    static final int PROGRAM = 100227;
    static final int VERSION = 3;

    static final int NULL = 0;
    static final int GETACL = 1;
    static final int SETACL = 2;

    private static final int WORD = 4;
    private static final int STATUS_AND_ATTRIBUTES = WORD + WORD + Nfs3Binding.ATTRIBUTES;
    /** Count, count of the array, entries of tag, id and permissions. */
    private static final int ACL = 2 * WORD + 1024 * 3 * WORD;

    public NfsAclBinding() {
        super("NFSACL", PROGRAM, VERSION, VERSION);
    }

    @Override
    void arguments(int procedure, XdrWalk in, CallPlan plan) {
        switch (procedure) {
            case NULL -> { }
            case GETACL -> in.reply().add(STATUS_AND_ATTRIBUTES + WORD + 2 * ACL);
            case SETACL -> in.reply().add(STATUS_AND_ATTRIBUTES);
            default -> in.reply().unknown();
        }
    }
}
