// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.requester;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerClosedException;
import org.dcache.oncrpc4j.rdma.xprt.Engine;
import org.dcache.oncrpc4j.rdma.xprt.memory.Regbuf;
import org.dcache.oncrpc4j.rdma.xprt.send.SendContext;
import org.junit.jupiter.api.Test;

/** Calls that are given up while something else happens to them: with the two threads at the places that matter. */
class GivenUpCallsTest {

    /** Nobody hears of a call's outcome: it was given up. */
    private static final ReplyListener NOBODY = new ReplyListener() {
        @Override
        public void locate(ByteBuffer reduced, int[] lengths, int count, int[] positions) {}

        @Override
        public void replied(ByteBuffer message, Regbuf memory) {
            throw new AssertionError("a reply");
        }

        @Override
        public void failed(IOException cause) {}
    };

    private static PendingCall call(Engine engine, int xid, Engine.Listening listening) {
        Requester requester = engine.connection.requester();
        PendingCall call = requester.registerOwn(xid, NOBODY);
        SendContext context = engine.connection.newContext();
        Regbuf memory = engine.device.regbufs().acquire(4096);
        context.message().add(ByteBuffer.wrap(Engine.call(xid, 0)), null);
        context.message().onRelease(memory::release);
        context.expected().bound(100);
        requester.call(xid, context, listening);
        return call;
    }

    /** The first call has the only credit. Whoever takes the second out of the backlog frees it, be it given up or not. */
    @Test
    void theEndOfTheConnectionFreesACallInTheBacklogThatIsJustBeingGivenUp() {
        try (Engine engine = Engine.client()) {
            Engine.Listening first = new Engine.Listening();
            Engine.Listening second = new Engine.Listening();
            call(engine, 1, first);
            PendingCall waiting = call(engine, 2, second);
            assertThat(waiting.abandon()).as("its thread goes no further for now").isEqualTo(CallState.Due.WITHDRAW);
            engine.connection.queuePair().abort(new PeerClosedException("gone"));
            assertThat(engine.device.regbufs().inUse()).as("memory that was not given back").isZero();
            assertThat(second.failed).as("told of the call that never left").isEqualTo(1);
            assertThat(engine.connection.requester().abandon(2)).as("on the books").isNull();
        }
    }
}
