// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest.Opcode;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerClosedException;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.requester.ReplyListener;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Calls that end without their reply: given up by their caller, or by the end of the connection. */
class GivingUpTest extends CallsToScriptedPeer {

    @Test
    @Tag("conformance-29")
    void givingUpReturnsOnlyWhenTheMemoryIsFenced() throws Exception {
        call(1, 5000);
        engine.qp.inLoop = false;
        CountDownLatch returned = new CountDownLatch(1);
        Thread caller = new Thread(() -> {
            engine.connection.requester().abandon(1);
            engine.qp.log.add("returned");
            returned.countDown();
        });
        caller.start();
        engine.qp.runTask();
        assertThat(returned.await(20, TimeUnit.SECONDS)).isTrue();
        caller.join();
        assertThat(engine.qp.log).containsSubsequence("revoked 100", "returned");
        assertThat(engine.counters.get(XprtCounter.FENCED_ABANDONED)).isEqualTo(1);
        engine.qp.inLoop = true;
    }

    @Test
    @Tag("conformance-29")
    void whoeverMayNotWaitForTheFenceIsToldWhenItIsDone() throws Exception {
        Engine.Waiting waiting = call(1, 5000);
        engine.qp.slowFences = true;
        engine.qp.inLoop = false;
        List<ReplyListener> told = new ArrayList<>();
        engine.connection.requester().abandon(1, told::add);
        assertThat(told).isEmpty();
        engine.qp.inLoop = true;
        engine.qp.runTask();
        assertThat(told).isEmpty();
        engine.connection.requester().abandon(1, told::add);
        engine.qp.exposed.get(0).pendingFence.run();
        assertThat(told).containsExactly(waiting);
        engine.connection.requester().abandon(1, told::add);
        assertThat(told).hasSize(1);
        assertThat(waiting.outcomes).isZero();
    }

    @Test
    void aCallThatHasNotLeftIsGivenUpAtOnceAndOneThatIsUnknownNever() throws Exception {
        Engine.Waiting sentOne = call(1, 0);
        Engine.Waiting queued = call(2, 0);
        Engine.Waiting registered = engine.new Waiting();
        engine.connection.requester().register(3, registered);
        List<ReplyListener> told = new ArrayList<>();
        for (int xid : new int[] {2, 3, 4, 1}) {
            engine.connection.requester().abandon(xid, told::add);
        }
        assertThat(told).containsExactly(queued, registered, sentOne);
    }

    @Test
    @Tag("conformance-1")
    void anAbandonedCallKeepsItsCreditUntilTheLateReply() throws Exception {
        Engine.Waiting abandoned = call(1, 0);
        assertThat(engine.connection.requester().abandon(1)).isSameAs(abandoned);
        assertThat(engine.connection.requester().abandon(1)).isNull();
        Engine.Waiting next = call(2, 0);
        assertThat(engine.sends()).hasSize(1);
        replyTo(1, 1);
        assertThat(abandoned.outcomes).isZero();
        assertThat(engine.counters.get(XprtCounter.DROPPED_ABANDONED)).isEqualTo(1);
        assertThat(engine.sends()).hasSize(2);
        replyTo(2, 1);
        assertThat(next.reply).isNotNull();
    }

    @Test
    void aCallGivenUpInTheBacklogIsNeverSent() throws Exception {
        call(1, 0);
        call(2, 0);
        assertThat(engine.connection.requester().abandon(2)).isNotNull();
        assertThat(sent.get(1).failed).isEqualTo(1);
        replyTo(1, 10);
        assertThat(engine.sends()).hasSize(1);
    }

    @Test
    void aCallGivenUpBeforeItWasSentFailsItsSend() throws Exception {
        engine.connection.requester().register(1, engine.new Waiting());
        assertThat(engine.connection.requester().abandon(1)).isNotNull();
        send(1, 0, e -> {});
        assertThat(sent.get(0).failed).isEqualTo(1);
        assertThat(engine.sends()).isEmpty();
    }

    @Test
    void theEndOfTheConnectionFailsEveryCallOnceAndRefusesNewOnes() throws Exception {
        Engine.Waiting inFlight = call(1, 5000);
        Engine.Waiting queued = call(2, 0);
        Engine.Waiting registered = engine.new Waiting();
        engine.connection.requester().register(3, registered);
        engine.qp.abort(new PeerClosedException("gone"));
        for (Engine.Waiting waiting : List.of(inFlight, queued, registered)) {
            assertThat(waiting.outcomes).isEqualTo(1);
            assertThat(waiting.failure).isInstanceOf(EOFException.class).hasMessageContaining("gone");
        }
        assertThatThrownBy(() -> engine.connection.requester().register(4, engine.new Waiting())).isInstanceOf(EOFException.class);
        send(3, 0, e -> {});
        assertThat(sent.get(2).failed).isEqualTo(1);
        assertThat(engine.disconnected).isInstanceOf(PeerClosedException.class);
    }

    @Test
    void theSendContextIsFreeOnlyWhenSendAndReplyAreDone() throws Exception {
        engine.qp.completeSends = false;
        call(1, 0);
        replyTo(1, 1);
        assertThat(engine.device.regbufs().inUse()).isPositive();
        engine.connection.onSendCompletion(engine.qp, engine.qp.posted.get(0).request(), true);
        assertThat(engine.device.regbufs().inUse()).isZero();
        assertThat(sent.get(0).sent).isEqualTo(1);
        assertThat(engine.qp.posted.get(0).opcode()).isEqualTo(Opcode.SEND);
    }

    /**
     * The thread that posts writes for the connection; what ends the call may wait for it. oncrpc4j gives the call up when it hears of the
     * failure, and waits for the call's end.
     */
    @Test
    void aSendThatFailsInsideItsPostIsNotToldToUserCodeThere() throws Exception {
        engine.qp.inLoop = false;
        engine.qp.failSends = true;
        call(1, 0);
        assertThat(sent).singleElement().satisfies(listening -> {
            assertThat(listening.failed).isEqualTo(1);
            assertThat(listening.failedInPost).isTrue();
        });
        engine.qp.inLoop = true;
    }
}
