// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.dcache.oncrpc4j.rdma.proto.RdmaHeader.REPLY;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.stream.IntStream;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.rpc.harness.BareClient;
import org.dcache.oncrpc4j.rdma.rpc.harness.EchoProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.EligibleProgram;
import org.dcache.oncrpc4j.rdma.spi.RpcEndpoint;
import org.dcache.oncrpc4j.rdma.verbs.Access;
import org.dcache.oncrpc4j.rdma.verbs.Exposure;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every legal mix of chunks that one call can bring, by a client on bare verbs: arguments inline, in several Read chunks of several
 * segments, with pad or without, chunks in any order, the rest inline or in a Position-Zero chunk; results with no, too few or too many
 * Write chunks, some of them empty or with a segment for the pad, and a Reply chunk or none. Whatever the mix, the server echoes a list of
 * opaques to the byte.
 */
class ChunkMixTest {

    private static final int CALLS_PER_SEED = 60;
    private static final int RPC_HEADER = 40;

    private final ExecutorService executor = java.util.concurrent.Executors.newFixedThreadPool(2);
    private RpcEndpoint server;
    private BareClient client;

    @BeforeEach
    void start() throws Exception {
        server = BareClient.serve(Map.of(new OncRpcProgram(EligibleProgram.ELIGIBLE_PROGRAM, EchoProgram.VERSION), new EligibleProgram()),
                executor);
        client = new BareClient(server.localAddress());
    }

    @AfterEach
    void stop() {
        client.close();
        server.stop();
        executor.shutdownNow();
    }

    static IntStream seeds() {
        return IntStream.rangeClosed(1, 10);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    @Tag("conformance-7")
    @Tag("conformance-9")
    @Tag("conformance-11")
    @Tag("conformance-12")
    @Tag("conformance-14")
    @Tag("conformance-15")
    @Tag("conformance-17")
    @Tag("conformance-23")
    @Tag("conformance-25")
    @Tag("conformance-26")
    @Tag("conformance-28")
    @Tag("conformance-57")
    @Tag("conformance-59")
    void anyLegalMixOfChunksBringsTheSameBytes(int seed) throws Exception {
        Random random = new Random(seed);
        for (int xid = 1; xid <= CALLS_PER_SEED; xid++) {
            new Mix(random, xid).run();
        }
    }

    /** One call with its chunks. */
    private final class Mix {
        private final Random random;
        private final int xid;
        private final List<byte[]> items = new ArrayList<>();
        /** What the Write chunks may hold, by chunk; empty for an empty chunk. */
        private final List<List<ByteBuffer>> writes = new ArrayList<>();
        private ByteBuffer replyMemory;
        private final StringBuilder story = new StringBuilder();

        Mix(Random random, int xid) {
            this.random = random;
            this.xid = xid;
        }

        void run() throws Exception {
            for (int n = random.nextInt(5); n > 0; n--) {
                byte[] item = new byte[random.nextInt(4) == 0 ? random.nextInt(9) : random.nextInt(random.nextBoolean() ? 600 : 30_000)];
                random.nextBytes(item);
                items.add(item);
            }
            RdmaHeader header = BareClient.header(xid, RdmaHeader.RDMA_MSG);
            byte[] payload = arguments(header);
            results(header);
            client.send(header, payload);
            check(client.receive());
            client.fence();
        }

        // ---- the call

        private byte[] arguments(RdmaHeader header) throws IOException {
            ByteArrayOutputStream reduced = new ByteArrayOutputStream();
            ByteBuffer head = ByteBuffer.allocate(RPC_HEADER + 4);
            BareClient.rpcHeader(head, xid, EligibleProgram.ELIGIBLE_PROGRAM, EligibleProgram.LIST).putInt(items.size());
            reduced.writeBytes(head.array());
            int position = RPC_HEADER + 4;
            List<Runnable> chunks = new ArrayList<>();
            for (byte[] item : items) {
                reduced.writeBytes(ByteBuffer.allocate(4).putInt(item.length).array());
                position += 4;
                int padded = item.length + 3 & ~3;
                if (item.length > 600 || item.length > 0 && random.nextBoolean()) {
                    byte[] moved = random.nextBoolean() ? item : java.util.Arrays.copyOf(item, padded);
                    int at = position;
                    chunks.add(() -> addRead(header, at, moved));
                    story.append(" read ").append(moved.length).append('@').append(at);
                } else {
                    reduced.writeBytes(java.util.Arrays.copyOf(item, padded));
                }
                position += padded;
            }
            byte[] inline = reduced.toByteArray();
            if (random.nextInt(3) == 0) {
                header.procedure(RdmaHeader.RDMA_NOMSG);
                chunks.add(() -> addRead(header, 0, inline));
                story.append(" long");
            }
            Collections.shuffle(chunks, random);
            chunks.forEach(Runnable::run);
            return header.procedure() == RdmaHeader.RDMA_NOMSG ? new byte[0] : inline;
        }

        private void addRead(RdmaHeader header, int position, byte[] data) {
            int from = 0;
            for (int left = 1 + random.nextInt(3); left > 0; left--) {
                int part = left == 1 ? data.length - from : random.nextInt(data.length - from + 1);
                if (part > 0) {
                    Exposure exposure = expose(ByteBuffer.wrap(data, from, part).slice(), Access.REMOTE_READ);
                    header.addRead(position, exposure.stag(), part, exposure.offset());
                }
                from += part;
            }
        }

        private Exposure expose(ByteBuffer memory, Access access) {
            try {
                return client.expose(memory, access);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }

        // ---- what the reply is offered

        private void results(RdmaHeader header) {
            int chunks = random.nextInt(items.size() + 2);
            int rest = RPC_HEADER;
            for (int i = 0; i < chunks; i++) {
                int need = i < items.size() ? items.get(i).length : 100;
                boolean empty = random.nextInt(5) == 0;
                header.beginWrite();
                writes.add(empty ? List.of() : segments(need + (random.nextBoolean() ? 0 : random.nextInt(200)), random.nextBoolean()));
                for (ByteBuffer segment : writes.get(i)) {
                    Exposure exposure = expose(segment, Access.REMOTE_WRITE);
                    header.addWriteSegment(exposure.stag(), segment.remaining(), exposure.offset());
                }
                story.append(" write ").append(empty ? "empty" : need);
            }
            for (int i = 0; i < items.size(); i++) {
                rest += 4 + (i < chunks && !writes.get(i).isEmpty() ? 0 : items.get(i).length + 3);
            }
            if (rest + header.encodedLength() > BareClient.INLINE - 200 || random.nextInt(4) == 0) {
                replyMemory = ByteBuffer.allocate(rest + random.nextInt(100));
                header.beginReply();
                int from = 0;
                for (int left = 1 + random.nextInt(3); left > 0; left--) {
                    int part = left == 1 ? replyMemory.capacity() - from : random.nextInt(replyMemory.capacity() - from);
                    if (part > 0) {
                        Exposure exposure = expose(replyMemory.slice(from, part), Access.REMOTE_WRITE);
                        header.addReplySegment(exposure.stag(), part, exposure.offset());
                    }
                    from += part;
                }
                story.append(" reply chunk ").append(replyMemory.capacity());
            }
        }

        private List<ByteBuffer> segments(int bytes, boolean padSegment) {
            List<ByteBuffer> segments = new ArrayList<>();
            int from = 0;
            for (int left = 1 + random.nextInt(3); left > 0; left--) {
                int part = left == 1 ? Math.max(1, bytes - from) : random.nextInt(bytes - from + 1);
                if (part > 0) {
                    segments.add(ByteBuffer.allocate(part));
                }
                from += part;
            }
            if (padSegment) {
                segments.add(ByteBuffer.allocate(4));
            }
            return segments;
        }

        // ---- the reply

        private void check(ByteBuffer message) throws Exception {
            RdmaHeader header = new RdmaHeader();
            int length = header.decode(message, 1000);
            assertThat(header.xid()).as("xid of%s", story).isEqualTo(xid);
            assertThat(header.procedure()).as("procedure of the reply to%s", story).isIn(RdmaHeader.RDMA_MSG, RdmaHeader.RDMA_NOMSG);
            assertThat(header.readCount()).isZero();
            assertThat(header.hasReply()).isEqualTo(replyMemory != null);
            assertThat(header.writeCount()).isEqualTo(writes.size());
            ByteBuffer reply = header.procedure() == RdmaHeader.RDMA_MSG ? message.slice(length, message.limit() - length)
                    : replyMemory.slice(0, (int) header.writeTotal(REPLY));
            if (header.procedure() == RdmaHeader.RDMA_MSG && replyMemory != null) {
                assertThat(header.writeTotal(REPLY)).isZero();
            }
            assertThat(reply.getInt()).isEqualTo(xid);
            assertThat(reply.getInt()).as("type").isEqualTo(1);
            assertThat(reply.getInt()).as("reply status").isZero();
            assertThat(reply.getLong()).as("verifier").isZero();
            assertThat(reply.getInt()).as("accept status of%s", story).isZero();
            assertThat(reply.getInt()).isEqualTo(items.size());
            for (int i = 0; i < items.size(); i++) {
                byte[] item = items.get(i);
                assertThat(reply.getInt()).as("length of item %s of%s", i, story).isEqualTo(item.length);
                byte[] came = new byte[item.length];
                if (i < writes.size() && !writes.get(i).isEmpty()) {
                    assertThat(header.writeTotal(i)).as("length returned for chunk %s of%s", i, story).isEqualTo(item.length);
                    fetch(header, i, came);
                } else {
                    reply.get(came);
                    for (int pad = -item.length & 3; pad > 0; pad--) {
                        assertThat(reply.get()).as("pad of%s", story).isZero();
                    }
                }
                assertThat(came).as("item %s of%s", i, story).isEqualTo(item);
            }
            assertThat(reply.hasRemaining()).as("bytes left over of%s", story).isFalse();
            for (int i = items.size(); i < writes.size(); i++) {
                assertThat(header.writeTotal(i)).as("unused chunk %s of%s", i, story).isZero();
            }
        }

        /** The segments must be filled in order, and nothing but the item be in them. */
        private void fetch(RdmaHeader header, int chunk, byte[] target) {
            List<ByteBuffer> segments = writes.get(chunk);
            assertThat(header.writeSegments(chunk)).isEqualTo(segments.size());
            int at = 0;
            for (int s = 0; s < segments.size(); s++) {
                ByteBuffer segment = segments.get(s);
                int expected = Math.min(segment.capacity(), target.length - at);
                assertThat(header.writeLength(chunk, s)).as("segment %s of chunk %s of%s", s, chunk, story).isEqualTo(expected);
                segment.get(0, target, at, expected);
                at += expected;
                for (int rest = expected; rest < segment.capacity(); rest++) {
                    assertThat(segment.get(rest)).as("byte behind the data of%s", story).isZero();
                }
            }
        }
    }
}
