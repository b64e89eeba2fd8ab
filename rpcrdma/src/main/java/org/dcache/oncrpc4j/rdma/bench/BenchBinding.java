// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.bench;

import org.dcache.oncrpc4j.rdma.spi.CallHeader;
import org.dcache.oncrpc4j.rdma.spi.CallPlan;
import org.dcache.oncrpc4j.rdma.spi.ResultVisitor;
import org.dcache.oncrpc4j.rdma.spi.UpperLayerBinding;
import org.dcache.oncrpc4j.rdma.spi.XdrView;

/**
 * Binding of the measuring program: the data of READ results and of WRITE arguments may be placed directly, as RFC 8267 has it for NFS.
 * Stateless. A count that no honest peer sends (negative, above {@link BenchProtocol#MAX_DATA}, beyond the end of the call) makes
 * nothing eligible; the program itself refuses such a call.
 */
public final class BenchBinding implements UpperLayerBinding {

    /**
     * Longest reply without data: xid, type, reply status, a verifier with the largest body that RFC 5531, section 8.2, allows (8 + 400
     * bytes), accept status, tag, count.
     */
    static final int REPLY_BOUND = 4 + 4 + 4 + 8 + 400 + 4 + 8 + 4;

    @Override
    public String name() {
        return "bench";
    }

    @Override
    public boolean covers(int program, int version) {
        return program == BenchProtocol.PROGRAM && version == BenchProtocol.VERSION;
    }

    @Override
    public void call(CallHeader call, XdrView message, int offset, CallPlan plan) {
        switch (call.procedure()) {
            case BenchProtocol.READ -> {
                int count = message.getInt(offset + BenchProtocol.COUNT_OFFSET);
                if (plausible(count)) {
                    plan.expectResult(count);
                }
            }
            case BenchProtocol.WRITE -> {
                int count = message.getInt(offset + BenchProtocol.COUNT_OFFSET);
                int start = offset + BenchProtocol.DATA_OFFSET;
                if (plausible(count) && count <= message.length() - start) {
                    plan.eligibleArgument(start, count);
                }
            }
            default -> { }
        }
        plan.replyBound(REPLY_BOUND);
    }

    @Override
    public void results(CallHeader call, XdrView message, int offset, ResultVisitor visitor) {
        if (call.procedure() == BenchProtocol.READ) {
            int count = message.getInt(offset + BenchProtocol.COUNT_OFFSET);
            if (plausible(count)) {
                visitor.eligible(offset + BenchProtocol.DATA_OFFSET, count);
            }
        }
    }

    @Override
    public String operation(CallHeader call, XdrView message, int offset) {
        return call.procedure() == BenchProtocol.READ ? "READ"
                : call.procedure() == BenchProtocol.WRITE ? "WRITE" : "";
    }

    private static boolean plausible(int count) {
        return count > 0 && count <= BenchProtocol.MAX_DATA;
    }
}
