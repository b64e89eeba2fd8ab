// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.message;

import org.dcache.oncrpc4j.rdma.metrics.latency.Operation;
import org.dcache.oncrpc4j.rdma.proto.RpcWords;
import org.dcache.oncrpc4j.rdma.spi.CallHeader;
import org.dcache.oncrpc4j.rdma.spi.CallPlan;
import org.dcache.oncrpc4j.rdma.spi.UpperLayerBinding;
import org.dcache.oncrpc4j.rdma.spi.XdrView;
import org.dcache.oncrpc4j.rdma.xprt.send.Expected;
import org.dcache.oncrpc4j.rdma.xprt.send.OutMessage;
import org.dcache.oncrpc4j.rdma.xprt.send.SendContext;

/**
 * What binding and RPC header say of a call: which procedure, whether its data may be placed directly, which items are eligible, what the
 * reply may bring. Immutable after construction; any thread.
 */
public final class CallReading {

    /** Largest reply of a procedure without results: accepted, with the largest verifier that RFC 5531 allows. */
    private static final int VOID_REPLY = 24 + 400;

    private final CallHeader header;
    /** Null when the program has none, or the security flavor forbids placement. */
    private final UpperLayerBinding binding;

    private CallReading(CallHeader header, UpperLayerBinding binding) {
        this.header = header;
        this.binding = binding;
    }

    public static CallReading of(XdrView call, Bindings bindings) {
        if (call.length() < RpcWords.CALL_PROCEDURE + Integer.BYTES) {
            return new CallReading(new CallHeader(0, 0, 0), null);
        }
        CallHeader header = new CallHeader(call.getInt(RpcWords.CALL_PROGRAM), call.getInt(RpcWords.CALL_PROGRAM_VERSION),
                call.getInt(RpcWords.CALL_PROCEDURE));
        UpperLayerBinding binding = bindings.find(header.program(), header.version());
        return new CallReading(header, binding != null && RpcOffsets.placeable(call) ? binding : null);
    }

    public CallHeader header() {
        return header;
    }

    public UpperLayerBinding binding() {
        return binding;
    }

    /** What it is for, as its latency is shown. */
    public Operation operation(XdrView call) {
        if (header.procedure() == 0 && header.program() != 0 && RpcOffsets.placeable(call)) {
            return Operation.NULL;
        }
        if (binding == null) {
            return Operation.UNNAMED;
        }
        int offset = RpcOffsets.arguments(call);
        try {
            return offset == RpcOffsets.NONE ? Operation.OTHER : Operation.named(binding.operation(header, call, offset));
        } catch (IndexOutOfBoundsException e) {
            return Operation.OTHER;
        }
    }

    /** Fills in what a call of ours may move and what its reply may bring. */
    public void plan(SendContext context, XdrView call) {
        OutMessage message = context.message();
        Expected expected = context.expected();
        int offset = RpcOffsets.arguments(call);
        if (binding != null && offset != RpcOffsets.NONE) {
            try {
                binding.call(header, call, offset, new CallPlan() {
                    @Override
                    public void eligibleArgument(int position, int length) {
                        message.item(position, length);
                    }

                    @Override
                    public void expectResult(int maxLength) {
                        expected.result(maxLength);
                    }

                    @Override
                    public void replyBound(int bytes) {
                        expected.bound(bytes);
                    }
                });
            } catch (IndexOutOfBoundsException e) {
                message.clearItems();
                expected.reset();
            }
        }
        if (header.procedure() == 0 && RpcOffsets.placeable(call)) {
            // RPCSEC_GSS negotiates by procedure 0 too, and such a reply brings a token.
            expected.bound(VOID_REPLY);
        }
    }

    /** Names the eligible items of a reply of ours. */
    public void results(OutMessage reply) {
        if (binding == null) {
            return;
        }
        XdrView view = Views.of(reply);
        int offset = RpcOffsets.results(view);
        if (offset == RpcOffsets.NONE) {
            return;
        }
        try {
            binding.results(header, view, offset, (position, length) -> {
                reply.item(position, length);
                return false;
            });
        } catch (IndexOutOfBoundsException e) {
            reply.clearItems();
        }
    }
}
