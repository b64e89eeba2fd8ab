// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.message;

import java.util.HashMap;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.spi.CallPlan;
import org.dcache.oncrpc4j.rdma.spi.UpperLayerBinding;
import org.dcache.oncrpc4j.rdma.spi.XdrView;
import org.dcache.oncrpc4j.rdma.xprt.responder.InboundCall;

/**
 * Whether the Read chunks of a call that came in move only what they may: each one whole argument that the program's binding calls eligible
 * [6, 41], and nothing at all when RPCSEC_GSS protects the body [46], whatever the program.
 *
 * <p>Looked at when the call is whole, on the executor. The Position-Zero chunk is the message and always allowed. Nothing is known of
 * programs without a binding, nor behind the point where a binding cannot read on: chunks there are accepted, and the program finds out
 * what the arguments are worth.
 */
public final class Eligibility implements CallPlan {

    private final Map<Integer, Integer> movable = new HashMap<>();
    private int unreadable = Integer.MAX_VALUE;

    private Eligibility() {}

    /** Any thread, while the call's memory is valid. */
    public static boolean holds(InboundCall call, XdrView message, CallReading reading) {
        int first = 0;
        while (call.isLong() && first < call.readEntries() && call.readPosition(first) == 0) {
            first++;
        }
        if (first == call.readEntries()) {
            return true;
        }
        UpperLayerBinding binding = reading.binding();
        if (!RpcOffsets.placeable(message)) {
            return false;
        }
        if (binding == null) {
            return true;
        }
        int arguments = RpcOffsets.arguments(message);
        if (arguments == RpcOffsets.NONE) {
            return true;
        }
        Eligibility eligibility = new Eligibility();
        try {
            binding.call(reading.header(), message, arguments, eligibility);
        } catch (IndexOutOfBoundsException e) {
            // Undecodable arguments are answered with GARBAGE_ARGS by the program [34].
            return true;
        }
        return eligibility.covers(call, first);
    }

    private boolean covers(InboundCall call, int first) {
        for (int i = first; i < call.readEntries(); ) {
            int position = call.readPosition(i);
            long length = 0;
            for (; i < call.readEntries() && call.readPosition(i) == position; i++) {
                length += call.readLength(i);
            }
            if (length > 0 && position < unreadable && !mayMove(position, length)) {
                return false;
            }
        }
        return true;
    }

    /** With or without its pad [12]. */
    private boolean mayMove(int position, long length) {
        Integer whole = movable.get(position);
        return whole != null && (length == whole || length == (whole + 3L & ~3L));
    }

    @Override
    public void eligibleArgument(int position, int length) {
        movable.put(position, length);
    }

    @Override
    public void toleratedArgument(int position, int length) {
        movable.put(position, length);
    }

    @Override
    public void unreadableFrom(int position) {
        unreadable = position;
    }

    @Override
    public void expectResult(int maxLength) {
        // Of the reply; not asked here.
    }

    @Override
    public void replyBound(int bytes) {
        // Of the reply; not asked here.
    }
}
