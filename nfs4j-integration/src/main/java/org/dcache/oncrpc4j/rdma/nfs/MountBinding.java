// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs;

import org.dcache.oncrpc4j.rdma.spi.CallHeader;
import org.dcache.oncrpc4j.rdma.spi.CallPlan;
import org.dcache.oncrpc4j.rdma.spi.ResultVisitor;
import org.dcache.oncrpc4j.rdma.spi.UpperLayerBinding;
import org.dcache.oncrpc4j.rdma.spi.XdrView;

/**
 * Binding of MOUNT versions 1 to 3 (RFC 1813, appendix I): nothing is eligible [60]. The lists of DUMP and EXPORT can have any length, so these replies have no bound.
 * Stateless; any thread.
 */
public final class MountBinding implements UpperLayerBinding {

    static final int PROGRAM = 100005;

    static final int NULL = 0;
    static final int MNT = 1;
    static final int UMNT = 3;
    static final int UMNTALL = 4;

    private static final int WORD = 4;
    /** Security flavors that MNT may list; Linux takes 12. */
    private static final int FLAVORS = 256;
    private static final int MOUNTED = WORD + WORD + 64 + WORD + FLAVORS * WORD;

    @Override
    public String name() {
        return "MOUNT";
    }

    @Override
    public boolean covers(int program, int version) {
        return program == PROGRAM && version >= 1 && version <= 3;
    }

    @Override
    public void call(CallHeader call, XdrView message, int offset, CallPlan plan) {
        ReplyBound reply = new ReplyBound(plan);
        switch (call.procedure()) {
            case NULL, UMNT, UMNTALL -> { }
            case MNT -> reply.add(MOUNTED);
            default -> reply.unknown();
        }
        reply.tell();
    }

    @Override
    public void results(CallHeader call, XdrView message, int offset, ResultVisitor visitor) {
        // Nothing is eligible.
    }
}
