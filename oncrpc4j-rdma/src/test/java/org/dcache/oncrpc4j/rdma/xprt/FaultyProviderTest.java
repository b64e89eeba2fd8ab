// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.rpc.harness.LeakLedger;
import org.dcache.oncrpc4j.rdma.verbs.parts.LoopThread;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.error.PostFailedException;
import org.dcache.oncrpc4j.rdma.xprt.send.SendContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A provider, or the JVM below it, throws what no contract foresees. */
@Timeout(60)
class FaultyProviderTest extends CallsToScriptedPeer {

    @Test
    void anErrorWhileACallIsBuiltFailsThatCallAndGivesItsCreditBack() throws Exception {
        call(1, 0);
        replyTo(1, 1);
        engine.qp.exposeFault = new InternalError("a fault below an exposure");
        call(2, 0, e -> {});
        assertThat(sent.get(1).failed).isEqualTo(1);
        assertThat(sent.get(1).cause).isInstanceOf(IOException.class).hasMessageContaining("a fault below an exposure");
        engine.qp.exposeFault = null;
        Engine.Waiting next = call(3, 0, e -> {});
        assertThat(engine.sends()).as("the credit is there again").hasSize(2);
        replyTo(3, 1);
        assertThat(next.reply).isNotNull();
        assertThat(engine.connection.requester().isIdle()).isTrue();
    }

    @Test
    void aWaitingCallThatMeetsAnErrorOnTheLoopDoesNotEndTheConnection() throws Exception {
        Engine.Waiting first = call(1, 0);
        call(2, 0, e -> {});
        Engine.Waiting third = call(3, 0);
        engine.qp.exposeFault = new InternalError("a fault below an exposure");
        replyTo(1, 1);
        assertThat(first.reply).isNotNull();
        assertThat(sent.get(1).failed).isEqualTo(1);
        assertThat(engine.qp.ended).isNull();
        replyTo(3, 1);
        assertThat(third.reply).isNotNull();
    }

    /** What has left of it, nobody knows; the memory of its message is left to the garbage collector. */
    @Test
    void aPostThatThrowsEndsTheConnection() throws Exception {
        try (Engine faulty = Engine.client()) {
            faulty.qp.fault = new IllegalStateException("a fault of the provider");
            Engine.Waiting waiting = faulty.new Waiting();
            faulty.connection.requester().register(1, waiting);
            SendContext context = faulty.connection.newContext();
            context.message().add(ByteBuffer.wrap(Engine.call(1, 0)), null);
            context.expected().bound(100);
            faulty.connection.requester().call(1, context, new Engine.Listening());
            assertThat(faulty.qp.ended).isInstanceOf(PostFailedException.class).hasMessageContaining("a fault of the provider");
            assertThat(faulty.counters.get(XprtCounter.POST_FAILED)).isEqualTo(1);
            assertThat(waiting.outcomes).isEqualTo(1);
            assertThat(waiting.failure).isInstanceOf(EOFException.class);
        }
    }

    @Test
    void anAnswerThatCannotBePostedEndsTheConnectionSinceThePeerWouldWaitForEver() throws Exception {
        try (Engine server = Engine.server()) {
            server.receive(Engine.message(Engine.header(5, 8, RdmaHeader.RDMA_MSG), Engine.call(5, 0)));
            server.qp.fault = new IllegalStateException("a fault of the provider");
            server.answer(server.calls.get(0), Engine.reply(5, 8));
            assertThat(server.qp.ended).isInstanceOf(PostFailedException.class);
        }
    }

    /** A program that runs in a loop; or an executor that rejects a call has it answered by the loop. */
    @Test
    void anAnswerOfTheLoopIsSentByItWhereMemoryLiesReadyAndElseMadeElsewhere() throws Exception {
        try (Engine server = Engine.server()) {
            ((Engine.TestAdapter) server.device.adapter()).anyMemory = false;
            assertThat(poster(server, 5)).isInstanceOf(LoopThread.class);
            try (DrainedPool none = new DrainedPool(server.device)) {
                assertThat(poster(server, 6)).isNotInstanceOf(LoopThread.class);
            }
        }
    }

    /** The thread that posts what a loop answers. */
    private static Thread poster(Engine server, int xid) throws Exception {
        server.qp.poster = null;
        server.receive(Engine.message(Engine.header(xid, 8, RdmaHeader.RDMA_MSG), Engine.call(xid, 0)));
        LoopThread loop = LoopThread.of("test loop", () -> server.answer(server.calls.get(server.calls.size() - 1), Engine.reply(xid, 8)),
                null);
        loop.start();
        loop.awaitEnd();
        LeakLedger.await("it is posted", () -> server.qp.poster != null);
        return server.qp.poster;
    }
}
