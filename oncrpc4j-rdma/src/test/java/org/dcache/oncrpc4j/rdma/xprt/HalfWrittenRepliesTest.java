// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.verbs.error.ResourceLimitException;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.error.BadReplyException;
import org.dcache.oncrpc4j.rdma.xprt.memory.Regbuf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The memory of results: an application sees what the peer wrote and nothing else, and what has not arrived costs little. */
class HalfWrittenRepliesTest extends CallsToScriptedPeer {

    private static final byte OTHERS = 0x55;
    /** How much more memory than what has arrived there may be. */
    private static final int GROWTH = 4;

    private Engine.Waiting callForLongReply(int xid) throws IOException {
        return call(xid, 0, e -> {});
    }

    private Engine.Waiting callForResult(int xid, int max) throws IOException {
        return call(xid, 0, e -> {
            e.result(max);
            e.bound(200);
        });
    }

    private ScriptedQueuePair.Exposed lastExposed() {
        return engine.qp.exposed.get(engine.qp.exposed.size() - 1);
    }

    private void longReply(int xid, int handle, long offset, int... lengths) {
        RdmaHeader h = Engine.header(xid, 128, RdmaHeader.RDMA_NOMSG);
        h.beginReply();
        for (int length : lengths) {
            h.addReplySegment(handle, length, offset);
        }
        engine.receive(Engine.message(h, new byte[0]));
    }

    private void replyWithChunk(int xid, int handle, int length) {
        RdmaHeader h = Engine.header(xid, 128, RdmaHeader.RDMA_MSG);
        h.beginWrite();
        h.addWriteSegment(handle, length, 0);
        engine.receive(Engine.message(h, Engine.reply(xid, 8)));
    }

    @ParameterizedTest
    @CsvSource({"9024, 9024", "9024, 9023", "9024, 100", "9024, 0"})
    void aLongReplyIsTakenOnlyIfAllOfItWasWritten(int announced, int written) throws Exception {
        Engine.Waiting waiting = callForLongReply(1);
        ScriptedQueuePair.Exposed exposed = lastExposed();
        if (written > 0) {
            exposed.source.memory(written).duplicate().put(Engine.reply(1, 9000), 0, written);
        }
        exposed.written = written;
        longReply(1, exposed.stag, 0, announced);
        if (written == announced) {
            assertThat(waiting.reply).isEqualTo(Engine.reply(1, 9000));
        } else {
            assertThat(waiting.failure).isInstanceOf(BadReplyException.class).hasMessageContaining("first " + written + " were written");
            assertThat(waiting.outcomes).isEqualTo(1);
            assertThat(engine.counters.get(XprtCounter.REPLY_NOT_WRITTEN)).isEqualTo(1);
            assertThat(engine.qp.ended).as("the connection stays").isNull();
        }
    }

    @Test
    void aWriteChunkIsTakenOnlyIfAllOfItWasWritten() throws Exception {
        Engine.Waiting waiting = callForResult(1, 10_000);
        waiting.place = 28;
        lastExposed().source.memory(9000);
        lastExposed().written = 8999;
        replyWithChunk(1, 100, 9000);
        assertThat(waiting.failure).isInstanceOf(BadReplyException.class).hasMessageContaining("9000");
        assertThat(engine.counters.get(XprtCounter.REPLY_NOT_WRITTEN)).isEqualTo(1);
    }

    /** Where a device places, nobody knows what it wrote. */
    @Test
    void memoryForADeviceHoldsNothingOfEarlierUse() throws Exception {
        for (int turn = 1; turn <= 3; turn++) {
            int max = engine.device.limits().maxReply();
            Regbuf others = engine.device.regbufs().acquire(max);
            for (int i = 0; i < others.capacity(); i++) {
                others.memory().put(i, OTHERS);
            }
            others.release();
            Engine.Waiting waiting = callForLongReply(turn);
            ByteBuffer memory = lastExposed().source.memory();
            assertThat(memory.isDirect()).isTrue();
            memory.duplicate().put(Engine.reply(turn, 100));
            longReply(turn, lastExposed().stag, 0, 5000);
            byte[] expected = Arrays.copyOf(Engine.reply(turn, 100), 5000);
            assertThat(waiting.reply).isEqualTo(expected);
        }
    }

    @Test
    void aSegmentThatWasNotOfferedFailsTheCall() throws Exception {
        Engine.Waiting otherHandle = callForLongReply(1);
        longReply(1, 77, 0, 100);
        Engine.Waiting otherOffset = callForLongReply(2);
        longReply(2, lastExposed().stag, 8, 100);
        Engine.Waiting cut = callForLongReply(3);
        longReply(3, lastExposed().stag, 0, 100, 100);
        Engine.Waiting chunk = callForResult(4, 10_000);
        replyWithChunk(4, 77, 100);
        assertThat(List.of(otherHandle, otherOffset, cut, chunk))
                .allSatisfy(waiting -> assertThat(waiting.failure).isInstanceOf(BadReplyException.class)
                .hasMessageContaining("not offered"));
    }

    /** Nothing was written there, so nothing depends on it: servers differ. */
    @Test
    void aSegmentOfWhichNothingWasUsedMayHoldAnything() throws Exception {
        Engine.Waiting waiting = callForResult(1, 10_000);
        replyWithChunk(1, 0, 0);
        assertThat(waiting.reply).isEqualTo(Engine.reply(1, 8));
    }

    @Test
    void memoryOfAResultFollowsWhatArrivesAndKeepsIt() throws Exception {
        Engine.Waiting waiting = callForLongReply(1);
        byte[] reply = Engine.reply(1, 600_000);
        ScriptedQueuePair.Exposed exposed = lastExposed();
        for (int at = 0; at < reply.length; at += 50_000) {
            int n = Math.min(50_000, reply.length - at);
            ByteBuffer memory = exposed.source.memory(at + n);
            assertThat(memory.remaining()).isGreaterThanOrEqualTo(at + n).isLessThan(GROWTH * (at + n) + (16 << 10));
            memory.put(memory.position() + at, reply, at, n);
        }
        exposed.written = reply.length;
        longReply(1, exposed.stag, 0, reply.length);
        assertThat(waiting.reply).isEqualTo(reply);
        callForLongReply(2);
        assertThat(lastExposed().source.memory(1).remaining()).as("as much as the last one took, at once")
                .isGreaterThanOrEqualTo(reply.length);
    }

    @Test
    void oneByteForEachOfManyResultsCostsLittle() throws Exception {
        callForLongReply(1);
        lastExposed().source.memory(1_000_000);
        lastExposed().written = 1_000_000;
        longReply(1, lastExposed().stag, 0, 1_000_000);
        long pooled = engine.device.regbufs().inUse();
        for (int xid = 2; xid < 62; xid++) {
            callForLongReply(xid);
            lastExposed().source.memory(1);
        }
        for (int xid = 62; xid < 122; xid++) {
            callForResult(xid, 1 << 20);
            lastExposed().source.memory(1);
        }
        assertThat(engine.device.regbufs().inUse() - pooled + engine.device.resultHeap().used()).isLessThan(16 << 20);
    }

    @Test
    void aConnectionMayNotHoldAllMemoryForResults() throws Exception {
        List<ScriptedQueuePair.Exposed> exposed = new ArrayList<>();
        callForLongReply(1);
        replyTo(1, 128);
        assertThatThrownBy(() -> {
            for (int xid = 2; xid <= 128; xid++) {
                callForResult(xid, 1 << 20);
                exposed.add(lastExposed());
                lastExposed().source.memory(1 << 20);
            }
        }).isInstanceOf(ResourceLimitException.class).hasMessageContaining("oncrpc.rdma.memory");
        assertThat(exposed).hasSizeGreaterThan(4);
        assertThat(engine.device.resultHeap().used()).as("others can go on").isLessThanOrEqualTo(engine.device.resultHeap().limit() / 2);
        assertThat(engine.counters.get(XprtCounter.RESULT_MEMORY_REFUSED)).isEqualTo(1);
        engine.qp.abort(new ResourceLimitException("as the provider does"));
        assertThat(engine.device.resultHeap().used()).as("all is back").isZero();
    }
}
