// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs;

import org.dcache.oncrpc4j.rdma.spi.CallPlan;

/**
 * Binding of MOUNT versions 1 to 3 (RFC 1813, appendix I): nothing is eligible [60]. The lists of DUMP and EXPORT can have any length, so
 * these replies have no bound. Stateless; any thread.
 */
public final class MountBinding extends NfsBinding {

    static final int PROGRAM = 100005;

    static final int NULL = 0;
    static final int MNT = 1;
    static final int UMNT = 3;
    static final int UMNTALL = 4;

    private static final int WORD = 4;
    /** Security flavors that MNT may list; Linux takes 12. */
    private static final int FLAVORS = 256;
    private static final int MOUNTED = WORD + WORD + 64 + WORD + FLAVORS * WORD;

    public MountBinding() {
        super("MOUNT", PROGRAM, 1, 3);
    }

    @Override
    void arguments(int procedure, XdrWalk in, CallPlan plan) {
        switch (procedure) {
            case NULL, UMNT, UMNTALL -> { }
            case MNT -> in.reply().add(MOUNTED);
            default -> in.reply().unknown();
        }
    }
}
