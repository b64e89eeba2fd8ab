// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.proto.PrivateData;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerClosedException;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.error.CreditOverrunException;
import org.dcache.oncrpc4j.rdma.xprt.error.RdmaErrorException;
import org.dcache.oncrpc4j.rdma.xprt.link.SendListener;
import org.dcache.oncrpc4j.rdma.xprt.responder.InboundCall;
import org.dcache.oncrpc4j.rdma.xprt.send.SendContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Both directions on one connection (RFC 8167), from either side; the test plays the peer. */
class BackwardCallTest {

    private static final Map<String, String> CREDITS = Map.of("oncrpc.rdma.credits", "128", "oncrpc.rdma.backward-credits", "16");

    private final Engine client = new Engine(true, new PrivateData(false, Engine.INLINE, Engine.INLINE), CREDITS);
    private final Engine server = new Engine(false, new PrivateData(true, Engine.INLINE, Engine.INLINE), CREDITS);

    @AfterEach
    void nothingIsKept() {
        for (Engine engine : List.of(client, server)) {
            engine.calls.forEach(InboundCall::releaseMemory);
            if (engine.qp.ended == null) {
                engine.qp.abort(new PeerClosedException("end of test"));
            }
            engine.close();
            assertThat(engine.device.regbufs().inUse()).as("regbufs still handed out").isZero();
            assertThat(engine.receives).allMatch(r -> r.released == 1);
        }
    }

    static Engine.Waiting call(Engine engine, int xid) throws IOException {
        return call(engine, xid, new Engine.Listening());
    }

    private static Engine.Waiting call(Engine engine, int xid, SendListener sent) throws IOException {
        Engine.Waiting waiting = engine.new Waiting();
        engine.connection.requester().register(xid, waiting);
        SendContext context = engine.connection.newContext();
        context.message().add(ByteBuffer.wrap(Engine.call(xid, 0)), null);
        context.expected().bound(100);
        engine.connection.requester().call(xid, context, sent);
        return waiting;
    }

    private static void receiveCall(Engine engine, int xid, int credits) {
        engine.receive(Engine.message(Engine.header(xid, credits, RdmaHeader.RDMA_MSG), Engine.call(xid, 0)));
    }

    private static void receiveReply(Engine engine, int xid, int credits) {
        engine.receive(Engine.message(Engine.header(xid, credits, RdmaHeader.RDMA_MSG), Engine.reply(xid, 8)));
    }

    @Test
    @Tag("conformance-48")
    @Tag("conformance-47")
    void theSameXidInBothDirectionsIsTwoCalls() throws Exception {
        for (Engine engine : List.of(client, server)) {
            Engine.Waiting ours = call(engine, 7);
            receiveCall(engine, 7, 1);
            assertThat(engine.calls).hasSize(1);
            assertThat(ours.outcomes).as("a call of the peer is no answer").isZero();
            engine.answer(engine.calls.get(0), Engine.reply(7, 4));
            assertThat(engine.sentPayload(1)).isEqualTo(Engine.reply(7, 4));
            assertThat(ours.outcomes).isZero();
            receiveReply(engine, 7, 1);
            assertThat(ours.reply).isEqualTo(Engine.reply(7, 8));
        }
    }

    @Test
    @Tag("conformance-49")
    void eachDirectionHasItsOwnCredits() throws Exception {
        call(client, 1);
        assertThat(client.sentHeader(0).credits()).as("asked for as a client").isEqualTo(128);
        receiveCall(client, 5, 2);
        client.answer(client.calls.get(0), Engine.reply(5, 0));
        assertThat(client.sentHeader(1).credits()).as("granted as a client").isEqualTo(16);
        assertThat(client.connection.creditsGranted()).as("the credits of a call of the peer are not a grant for ours").isEqualTo(1);
        receiveReply(client, 1, 100);
        assertThat(client.connection.creditsGranted()).isEqualTo(100);

        call(server, 1);
        assertThat(server.sentHeader(0).credits()).as("asked for as a server").isEqualTo(16);
        receiveCall(server, 5, 128);
        server.answer(server.calls.get(0), Engine.reply(5, 0));
        assertThat(server.sentHeader(1).credits()).as("granted as a server").isEqualTo(128);
        assertThat(server.connection.creditsGranted()).isEqualTo(1);
        receiveReply(server, 1, 100);
        assertThat(server.connection.creditsGranted()).as("never more than asked for").isEqualTo(16);
    }

    @Test
    @Tag("conformance-50")
    void receivesAreThereForBothGrantsAtOnce() throws Exception {
        int receives = client.device.options(null, 1000, new byte[0]).receives();
        assertThat(receives).isGreaterThanOrEqualTo(128 + 16);
        List<Engine.Waiting> ours = new ArrayList<>();
        for (int xid = 0; xid < 128; xid++) {
            ours.add(call(client, xid));
            if (xid == 0) {
                receiveReply(client, 0, 128);
            }
        }
        int posted = client.qp.postedReceives;
        int arrived = 0;
        for (int xid = 1000; xid < 1016; xid++, arrived++) {
            receiveCall(client, xid, 16);
        }
        for (int xid = 1; xid < 128; xid++, arrived++) {
            receiveReply(client, xid, 128);
        }
        assertThat(client.qp.postedReceives - posted).as("each is replaced before it is looked at").isEqualTo(arrived);
        assertThat(client.qp.ended).isNull();
        assertThat(client.calls).hasSize(16);
        assertThat(ours).allMatch(w -> w.outcomes == 1);
    }

    @Test
    @Tag("conformance-49")
    void aServerThatExceedsTheBackwardGrantIsClosed() {
        int receives = client.device.options(null, 1000, new byte[0]).receives();
        int calls = 0;
        while (client.qp.ended == null && calls < receives) {
            receiveCall(client, calls++, 16);
        }
        assertThat(client.qp.ended).isInstanceOf(CreditOverrunException.class);
        assertThat(calls).as("before the receives that replies need are used up").isLessThan(receives - 128);
    }

    @Test
    @Tag("conformance-53")
    @Tag("conformance-47")
    void aClientDropsBackwardMessagesThatBreakTheRulesAndGoesOn() throws Exception {
        Engine.Waiting ours = call(client, 1);
        byte[] version = Engine.message(Engine.header(9, 1, RdmaHeader.RDMA_MSG), Engine.call(9, 0));
        ByteBuffer.wrap(version).putInt(4, 2);
        byte[] procedure = Engine.message(Engine.header(9, 1, RdmaHeader.RDMA_MSG), Engine.call(9, 0));
        ByteBuffer.wrap(procedure).putInt(12, 9);
        byte[] otherXid = Engine.message(Engine.header(9, 1, RdmaHeader.RDMA_MSG), Engine.call(8, 0));
        byte[] cut = Engine.message(Engine.header(9, 1, RdmaHeader.RDMA_MSG), new byte[0]);
        for (byte[] message : List.of(version, procedure, otherXid, cut)) {
            client.receive(message);
        }
        assertThat(client.sends()).as("nothing is sent for them").hasSize(1);
        assertThat(client.calls).isEmpty();
        assertThat(client.qp.ended).isNull();
        assertThat(client.counters.get(XprtCounter.DROPPED_VERSION)).isEqualTo(1);
        assertThat(client.counters.get(XprtCounter.DROPPED_BAD_REPLY)).isEqualTo(3);
        receiveReply(client, 1, 1);
        assertThat(ours.reply).isNotNull();
    }

    @Test
    @Tag("conformance-53")
    @Tag("conformance-110")
    void anRdmaErrorForABackwardCallFailsThatCallOnly() throws Exception {
        Engine.Waiting first = call(server, 1);
        ByteBuffer error = ByteBuffer.allocate(RdmaHeader.MIN_ERROR_LENGTH);
        RdmaHeader.encodeErrChunk(error, 0, 1, 1, 16);
        server.receive(error.array());
        assertThat(first.failure).isInstanceOf(RdmaErrorException.class);
        Engine.Waiting second = call(server, 2);
        receiveReply(server, 2, 16);
        assertThat(second.reply).isNotNull();
        assertThat(server.qp.ended).isNull();
    }

    @Test
    @Tag("conformance-51")
    void aBackwardReplyThatDoesNotFitInlineIsRefusedAndTheConnectionGoesOn() throws Exception {
        receiveCall(client, 3, 1);
        client.answer(client.calls.get(0), Engine.reply(3, Engine.INLINE));
        assertThat(client.sentHeader(0).procedure()).isEqualTo(RdmaHeader.RDMA_ERROR);
        assertThat(client.counters.get(XprtCounter.SENT_ERR_CHUNK_REPLY_TOO_BIG)).isEqualTo(1);
        assertThat(client.qp.ended).isNull();
    }

    @Test
    @Tag("conformance-36")
    void aCallThatCannotBeAnsweredEndsTheConnection() {
        for (Engine engine : List.of(client, server)) {
            receiveCall(engine, 3, 1);
            engine.calls.get(0).discard();
            assertThat(engine.qp.ended).isNotNull();
        }
    }
}
