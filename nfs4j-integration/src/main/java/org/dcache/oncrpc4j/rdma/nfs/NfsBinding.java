// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs;

import org.dcache.oncrpc4j.rdma.spi.CallHeader;
import org.dcache.oncrpc4j.rdma.spi.CallPlan;
import org.dcache.oncrpc4j.rdma.spi.ResultVisitor;
import org.dcache.oncrpc4j.rdma.spi.UpperLayerBinding;
import org.dcache.oncrpc4j.rdma.spi.XdrView;

/**
 * What the bindings of NFS and its side protocols share: the program that they are for, and a walk over each call's arguments that tells
 * the plan of items and of the reply's bound. Nothing in replies is eligible unless a binding says so. Stateless; any thread.
 */
abstract class NfsBinding implements UpperLayerBinding {

    private final String name;
    private final int program;
    private final int firstVersion;
    private final int lastVersion;

    NfsBinding(String name, int program, int firstVersion, int lastVersion) {
        this.name = name;
        this.program = program;
        this.firstVersion = firstVersion;
        this.lastVersion = lastVersion;
    }

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final boolean covers(int otherProgram, int version) {
        return otherProgram == program && version >= firstVersion && version <= lastVersion;
    }

    @Override
    public final void call(CallHeader call, XdrView message, int offset, CallPlan plan) {
        ReplyBound reply = new ReplyBound(plan);
        arguments(call.procedure(), new XdrWalk(message, offset, (position, length) -> {
            plan.eligibleArgument(position, length);
            return false;
        }, (position, length) -> {
            plan.toleratedArgument(position, length);
            return false;
        }, reply), plan);
        reply.tell();
    }

    /**
     * Walks the arguments of a call as far as they tell something.
     *
     * @param in at their start; tells the plan of items, and collects the reply's bound
     * @param plan for what the walk does not tell
     */
    abstract void arguments(int procedure, XdrWalk in, CallPlan plan);

    @Override
    public void results(CallHeader call, XdrView message, int offset, ResultVisitor visitor) {
        // Nothing is eligible.
    }
}
