// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.decode;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.capture.Direction;
import org.dcache.oncrpc4j.rdma.proto.RpcWords;

/**
 * What the outstanding calls of one connection are, so that replies can be named. A long call is known once its RDMA Read came: by the Read
 * Request for the first segment of its Position-Zero Read chunk, and the response to it. Of each kind at most {@value #MAX} are remembered.
 */
final class CallNames {

    private static final int MAX = 4096;

    private record Call(Direction direction, int xid) {}

    private record Memory(Direction toOwner, int stag, long offset) {}

    private final Map<Call, String> calls = new Bounded<>();
    /** The first segment of a long call's Position-Zero Read chunk, in the caller's memory. */
    private final Map<Memory, Call> sources = new Bounded<>();
    /** Where its bytes go, in the responder's memory. */
    private final Map<Memory, Call> sinks = new Bounded<>();

    private static final class Bounded<K, V> extends LinkedHashMap<K, V> {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
            return size() > MAX;
        }
    }

    /** Remembers an inline call and returns its name; null when it is too short to have one. */
    String call(Direction direction, int xid, ByteBuffer rpc) {
        if (rpc.remaining() < RpcWords.CALL_CREDENTIAL) {
            return null;
        }
        int at = rpc.position();
        String name = RpcNames.of(rpc.getInt(at + RpcWords.CALL_PROGRAM), rpc.getInt(at + RpcWords.CALL_PROGRAM_VERSION),
                rpc.getInt(at + RpcWords.CALL_PROCEDURE));
        calls.put(new Call(direction, xid), name);
        return name;
    }

    /** A call whose RPC message begins at this place of the caller's memory. */
    void longCall(Direction direction, int xid, int handle, long offset) {
        sources.put(new Memory(direction.reverse(), handle, offset), new Call(direction, xid));
    }

    /** A Read Request. */
    void readRequest(Direction direction, int sourceStag, long sourceOffset, int sinkStag, long sinkOffset) {
        Call call = sources.remove(new Memory(direction, sourceStag, sourceOffset));
        if (call != null) {
            sinks.put(new Memory(call.direction, sinkStag, sinkOffset), call);
        }
    }

    /** A segment of a Read Response. Returns the name of the long call that begins in it; null when none does. */
    String readResponse(Direction direction, int stag, long offset, ByteBuffer payload) {
        Call call = sinks.isEmpty() ? null : sinks.remove(new Memory(direction, stag, offset));
        boolean begins = call != null && payload.remaining() >= RpcWords.CALL_CREDENTIAL && payload.getInt(payload.position()) == call.xid;
        return begins ? call(direction, call.xid, payload) : null;
    }

    /** The name of the call that a reply answers, which is forgotten then; null when it is not known. */
    String reply(Direction direction, int xid) {
        return calls.remove(new Call(direction.reverse(), xid));
    }
}
