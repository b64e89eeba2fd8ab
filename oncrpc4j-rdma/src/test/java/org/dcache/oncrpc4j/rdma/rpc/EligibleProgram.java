// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import org.dcache.oncrpc4j.rdma.spi.CallHeader;
import org.dcache.oncrpc4j.rdma.spi.CallPlan;
import org.dcache.oncrpc4j.rdma.spi.ResultVisitor;
import org.dcache.oncrpc4j.rdma.spi.UpperLayerBinding;
import org.dcache.oncrpc4j.rdma.spi.XdrView;

/** {@link EchoProgram} under another number, with a binding: each opaque of its calls and replies may be moved by direct data placement. */
public final class EligibleProgram extends EchoProgram implements UpperLayerBinding {

    static final int ELIGIBLE_PROGRAM = 0x20049778;

    /** Longest opaque that is asked for. */
    private static final int MAX_RESULT = 1 << 20;
    /** Reply header with its verifier, the count word or int, and the pad. */
    private static final int REPLY_BOUND = 64;

    @Override
    public String name() {
        return "eligible echo";
    }

    @Override
    public boolean covers(int program, int version) {
        return program == ELIGIBLE_PROGRAM;
    }

    @Override
    public void call(CallHeader call, XdrView message, int offset, CallPlan plan) {
        if (call.procedure() == ECHO || call.procedure() == WRITE) {
            plan.eligibleArgument(offset + 4, message.getInt(offset));
        }
        if (call.procedure() == ECHO) {
            plan.expectResult(message.getInt(offset));
        } else if (call.procedure() == READ) {
            plan.expectResult(Math.min(MAX_RESULT, message.getInt(offset)));
        }
        plan.replyBound(REPLY_BOUND);
    }

    @Override
    public void results(CallHeader call, XdrView message, int offset, ResultVisitor visitor) {
        if (call.procedure() == ECHO || call.procedure() == READ) {
            visitor.eligible(offset + 4, message.getInt(offset));
        }
    }
}
