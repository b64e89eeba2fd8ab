// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import org.dcache.oncrpc4j.rdma.spi.CallHeader;
import org.dcache.oncrpc4j.rdma.spi.UpperLayerBinding;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The bindings against real traffic of the Linux client and server: they must find what Linux moved, and offer room for what came. */
class CapturedTrafficTest {

    /**
     * Calls; calls with a Read chunk; with a Write chunk; replies that used it; replies by Reply chunk; calls whose reply we bound; calls
     * for which we would offer a Write chunk; a Reply chunk.
     */
    enum Capture {
        V3("siw-v3", 83, 2, 6, 5, 9, 83, 7, 8),
        V3_MTU_1500("siw-v3-mtu1500", 83, 2, 6, 5, 9, 83, 7, 8),
        V41("siw-v41", 125, 3, 6, 5, 26, 125, 7, 10);

        private final String file;
        private final int calls;
        private final int readChunks;
        private final int writeChunks;
        private final int written;
        private final int longReplies;
        private final int bounded;
        private final int weOfferWriteChunk;
        private final int weOfferReplyChunk;

        Capture(String file, int calls, int readChunks, int writeChunks, int written, int longReplies, int bounded, int weOfferWriteChunk,
                int weOfferReplyChunk) {
            this.file = file;
            this.calls = calls;
            this.readChunks = readChunks;
            this.writeChunks = writeChunks;
            this.written = written;
            this.longReplies = longReplies;
            this.bounded = bounded;
            this.weOfferWriteChunk = weOfferWriteChunk;
            this.weOfferReplyChunk = weOfferReplyChunk;
        }
    }

    /** Inline threshold of the captures, RPC-over-RDMA header without chunks, a Write chunk of one segment. */
    private static final int INLINE = 4096;
    private static final int CHUNKLESS = 28;
    private static final int WRITE_CHUNK = 24;

    private static UpperLayerBinding binding(CallHeader header) {
        List<UpperLayerBinding> bindings = new ArrayList<>();
        ServiceLoader.load(UpperLayerBinding.class).forEach(bindings::add);
        bindings.removeIf(b -> !b.covers(header.program(), header.version()));
        assertThat(bindings).as("%s", header).hasSize(1);
        return bindings.get(0);
    }

    private static Findings walk(Exchange e) {
        return Findings.call(binding(e.header), e.header, e.call(), e.argumentsOffset());
    }

    @ParameterizedTest
    @EnumSource
    @Tag("conformance-6")
    @Tag("conformance-7")
    @Tag("conformance-54")
    @Tag("conformance-55")
    @DisplayName("the item in a Read chunk of Linux is the one that the binding calls eligible, at the same position")
    void readChunks(Capture capture) throws Exception {
        List<Exchange> exchanges = Exchange.of(capture.file);
        int found = 0;
        for (Exchange e : exchanges) {
            if (e.hasReadChunk()) {
                assertThat(walk(e).items).as("%s", e).containsExactly(new Findings.Item(e.readPosition, e.readLength));
                found++;
            }
        }
        assertThat(exchanges).hasSize(capture.calls);
        assertThat(found).isEqualTo(capture.readChunks);
    }

    @ParameterizedTest
    @EnumSource
    @Tag("conformance-13")
    @DisplayName("each reply fits what the binding says of its call: the data its Write chunk, the rest the bound")
    void sizes(Capture capture) throws Exception {
        int bounded = 0;
        int offered = 0;
        int writeChunks = 0;
        int replyChunks = 0;
        for (Exchange e : Exchange.of(capture.file)) {
            Findings f = walk(e);
            if (CHUNKLESS + f.bound + f.results.stream().mapToLong(n -> n).sum() > INLINE) {
                writeChunks += f.results.size();
                replyChunks += CHUNKLESS + f.results.size() * WRITE_CHUNK + f.bound > INLINE ? 1 : 0;
            }
            if (f.bound != Findings.UNKNOWN) {
                bounded++;
                assertThat(e.reply.length()).as("%s", e).isLessThanOrEqualTo(f.bound);
            }
            if (e.hasWriteChunk()) {
                offered++;
                assertThat(f.results).as("%s", e).hasSize(1);
                assertThat(e.written).as("%s", e).isLessThanOrEqualTo(f.results.get(0));
            }
        }
        assertThat(offered).isEqualTo(capture.writeChunks);
        assertThat(bounded).isEqualTo(capture.bounded);
        assertThat(writeChunks).isEqualTo(capture.weOfferWriteChunk);
        assertThat(replyChunks).isEqualTo(capture.weOfferReplyChunk);
    }

    @ParameterizedTest
    @EnumSource
    @Tag("conformance-109")
    @DisplayName("in each reply whose data went into a Write chunk the binding finds its place and length")
    void writeChunks(Capture capture) throws Exception {
        int written = 0;
        int longReplies = 0;
        for (Exchange e : Exchange.of(capture.file)) {
            List<Findings.Item> items = Findings.results(binding(e.header), e.header, e.reply, e.resultsOffset(), e.written > 0);
            if (e.hasWriteChunk()) {
                assertThat(items).as("%s", e).hasSize(1);
                assertThat((long) items.get(0).length()).as("%s", e).isEqualTo(e.written);
                assertThat(e.reply.getInt(items.get(0).position() - 4)).isEqualTo((int) e.written);
            }
            written += e.written > 0 ? 1 : 0;
            longReplies += e.longReply ? 1 : 0;
        }
        assertThat(written).isEqualTo(capture.written);
        assertThat(longReplies).isEqualTo(capture.longReplies);
    }

    @Test
    @Tag("conformance-55")
    @DisplayName("every COMPOUND of Linux and every reply of the Linux server is walked to its last byte")
    void everyByteOfEveryCompound() throws Exception {
        int compounds = 0;
        int complete = 0;
        for (Exchange e : Exchange.of(Capture.V41.file)) {
            if (e.header.procedure() == Nfs4Binding.COMPOUND) {
                XdrWalk call = new XdrWalk(e.call(), e.argumentsOffset(), (position, length) -> false, new ReplyBound(new Findings()));
                assertThat(Nfs4Binding.arguments(call)).as("%s", e).isTrue();
                assertThat(call.atEnd()).as("%s", e).isTrue();
                XdrWalk reply = new XdrWalk(e.reply, e.resultsOffset(), (position, length) -> e.written > 0, null);
                boolean succeeded = e.reply.getInt(e.resultsOffset()) == 0;
                assertThat(Nfs4Binding.results(reply)).as("reply to %s", e).isEqualTo(succeeded);
                if (succeeded) {
                    assertThat(reply.atEnd()).as("reply to %s", e).isTrue();
                    complete++;
                }
                compounds++;
            }
        }
        assertThat(compounds).isEqualTo(123);
        assertThat(complete).isEqualTo(115);
    }
}
