// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.verbs.error.PeerClosedException;
import org.dcache.oncrpc4j.rdma.xprt.memory.Regbuf;
import org.dcache.oncrpc4j.rdma.xprt.requester.ReplyListener;
import org.dcache.oncrpc4j.rdma.xprt.send.Expected;
import org.dcache.oncrpc4j.rdma.xprt.send.SendContext;
import org.junit.jupiter.api.AfterEach;

/** Makes calls on a connection to a scripted peer, and sees to it that none leaves memory behind. */
abstract class CallsToScriptedPeer {

    final Engine engine = Engine.client();
    final List<Engine.Listening> sent = new ArrayList<>();

    @AfterEach
    void nothingIsKept() {
        if (engine.qp.ended == null) {
            engine.qp.abort(new PeerClosedException("end of test"));
        }
        engine.close();
        assertThat(engine.device.regbufs().inUse()).as("regbufs still handed out").isZero();
    }

    Engine.Waiting call(int xid, int arguments) throws IOException {
        return call(xid, arguments, e -> e.bound(100));
    }

    Engine.Waiting call(int xid, int arguments, Consumer<Expected> expected, int... items) throws IOException {
        Engine.Waiting waiting = engine.new Waiting();
        engine.connection.requester().register(xid, waiting);
        send(xid, arguments, expected, items);
        return waiting;
    }

    /** A call that nobody answers. */
    void oneWay(int xid, int arguments) throws IOException {
        engine.connection.requester().register(xid, new ReplyListener() {
            @Override
            public void locate(ByteBuffer reduced, int[] lengths, int count, int[] positions) {}

            @Override
            public void replied(ByteBuffer message, Regbuf memory) {}

            @Override
            public void failed(IOException cause) {}

            @Override
            public boolean oneWay() {
                return true;
            }
        });
        send(xid, arguments, e -> e.bound(0));
    }

    void send(int xid, int arguments, Consumer<Expected> expected, int... items) {
        SendContext context = engine.connection.newContext();
        context.message().add(ByteBuffer.wrap(Engine.call(xid, arguments)), null);
        for (int i = 0; i < items.length; i += 2) {
            context.message().item(items[i], items[i + 1]);
        }
        expected.accept(context.expected());
        Engine.Listening listening = new Engine.Listening();
        sent.add(listening);
        engine.connection.requester().call(xid, context, listening);
    }

    void replyTo(int xid, int credits) {
        engine.receive(Engine.message(Engine.header(xid, credits, RdmaHeader.RDMA_MSG), Engine.reply(xid, 8)));
    }
}
