// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.hostile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.dcache.oncrpc4j.rdma.proto.RdmaHeader.REPLY;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.dcache.oncrpc4j.rdma.iwarp.RawPeer;
import org.dcache.oncrpc4j.rdma.iwarp.wire.MpaFrame;
import org.dcache.oncrpc4j.rdma.iwarp.wire.RdmapOpcode;
import org.dcache.oncrpc4j.rdma.proto.PrivateData;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.rpc.RdmaRpcTransport;
import org.dcache.oncrpc4j.rdma.rpc.harness.BareClient;
import org.dcache.oncrpc4j.rdma.rpc.harness.Bystander;
import org.dcache.oncrpc4j.rdma.rpc.harness.EchoProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.EligibleProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.LeakLedger;
import org.dcache.oncrpc4j.rdma.rpc.harness.LocalEndpoints;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.xdr.XdrAble;
import org.dcache.oncrpc4j.xdr.XdrOpaque;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A server that answers with anything, against an ordinary client of oncrpc4j over RDMA. Whatever it does: the call gets its answer, or
 * fails at once, or ends with its connection, as the case expects; the application's memory holds nothing that was not for it; a client on
 * another connection is served; and nothing is held that was not held before.
 */
@Timeout(120)
class HostileServerTest {

    /** What comes of the call. */
    private enum Expected {
        /** The right answer; the connection goes on. */
        ANSWERED,
        /** An error at once; the connection goes on. */
        FAILS,
        /** An EOFException; the connection has ended. */
        ENDS,
        /** No answer, until the caller gives up; the connection goes on. */
        WAITS
    }

    /** The call that the server is hostile to. */
    private enum Victim {
        /** Offers a Reply chunk, without a binding. */
        PLAIN(EchoProgram.PROGRAM, EchoProgram.READ, 600),
        /** Offers a Write chunk. */
        READING(EligibleProgram.ELIGIBLE_PROGRAM, EchoProgram.READ, 5000),
        /** Offers a Read chunk. */
        WRITING(EligibleProgram.ELIGIBLE_PROGRAM, EchoProgram.WRITE, 50_000);

        final int program;
        final int procedure;
        final int length;

        Victim(int program, int procedure, int length) {
            this.program = program;
            this.procedure = procedure;
            this.length = length;
        }
    }

    private interface Step {
        void run(HostileServer server, HostileServer.Call call) throws Exception;
    }

    private record Case(String name, Victim victim, Expected expected, Step step) {
        @Override
        public String toString() {
            return victim + " " + expected + ": " + name;
        }
    }

    private static final List<Case> CASES = new ArrayList<>();

    private static void add(String name, Victim victim, Expected expected, Step step) {
        CASES.add(new Case(name, victim, expected, step));
    }

    /** A reply whose header is changed. */
    private static void header(String name, Victim victim, Expected expected, java.util.function.BiConsumer<RdmaHeader,
            HostileServer.Call> change) {
        add(name, victim, expected, (server, call) -> {
            RdmaHeader header = HostileServer.header(call.xid());
            change.accept(header, call);
            server.send(header, HostileServer.accepted(call.xid(), HostileServer.opaque(EchoProgram.pattern(victim.length % 1000))));
        });
    }

    /** An inline reply whose bytes are changed. */
    private static void bytes(String name, Expected expected, Consumer<ByteBuffer> change) {
        add(name, Victim.PLAIN, expected, (server, call) -> {
            byte[] message = right(call);
            change.accept(ByteBuffer.wrap(message));
            server.send(message);
        });
    }

    private static byte[] right(HostileServer.Call call) {
        return HostileServer.message(HostileServer.header(call.xid()),
                HostileServer.accepted(call.xid(), HostileServer.opaque(EchoProgram.pattern(call.argument()))));
    }

    /** The whole reply message, written into the Reply chunk. */
    private static byte[] longReply(HostileServer.Call call) {
        return HostileServer.accepted(call.xid(), HostileServer.opaque(EchoProgram.pattern(call.argument())));
    }

    private static RdmaHeader withReplyChunk(HostileServer.Call call, int length) {
        RdmaHeader header = HostileServer.header(call.xid()).procedure(RdmaHeader.RDMA_NOMSG);
        header.beginReply();
        header.addReplySegment(call.header().writeHandle(REPLY, 0), length, call.header().writeOffset(REPLY, 0));
        return header;
    }

    private static byte[] error(int xid, int... words) {
        ByteBuffer message = ByteBuffer.allocate(16 + 4 * words.length).putInt(xid).putInt(1).putInt(16).putInt(RdmaHeader.RDMA_ERROR);
        for (int word : words) {
            message.putInt(word);
        }
        return message.array();
    }

    private static void backwardCall(HostileServer server, int xid) throws IOException {
        ByteBuffer rpc = BareClient.rpcHeader(ByteBuffer.allocate(40), xid, 0x40000000, 1);
        server.send(HostileServer.header(xid).credits(1), rpc.array());
    }

    static {
        xids();
        creditsAndErrors();
        headers();
        rpcMessages();
        replyChunks();
        writeChunks();
        foreignMemory();
        streams();
    }

    private static void xids() {
        add("replies to calls that were never made", Victim.PLAIN, Expected.ANSWERED, (server, call) -> {
            for (int i = 1; i <= 1000; i++) {
                server.send(HostileServer.header(call.xid() + i), HostileServer.accepted(call.xid() + i, new byte[8]));
            }
            server.answer(call);
        });
        add("the right reply twice", Victim.PLAIN, Expected.ANSWERED, (server, call) -> {
            server.answer(call);
            server.answer(call);
        });
        add("a right reply, then one that contradicts it", Victim.PLAIN, Expected.ANSWERED, (server, call) -> {
            server.answer(call);
            server.send(HostileServer.header(call.xid()), HostileServer.accepted(call.xid(), HostileServer.opaque(new byte[600])));
        });
        add("a header of its xid before a message of another", Victim.PLAIN, Expected.FAILS, (server, call) ->
                server.send(HostileServer.header(call.xid()), HostileServer.accepted(call.xid() ^ 1, HostileServer.opaque(new byte[600]))));
        add("a header of another xid before the right message", Victim.PLAIN, Expected.ANSWERED, (server, call) -> {
            server.send(HostileServer.header(call.xid() ^ 1), HostileServer.accepted(call.xid(), HostileServer.opaque(new byte[600])));
            server.answer(call);
        });
    }

    private static void creditsAndErrors() {
        for (int credits : new int[] {0, 1, 0x7fffffff, 0x80000000, -1}) {
            add("a grant of " + Integer.toUnsignedString(credits), Victim.PLAIN, Expected.ANSWERED, (server, call) ->
                    server.send(HostileServer.header(call.xid()).credits(credits), longReply(call)));
        }
        for (int code : new int[] {0, 1, 2, 3, 255, 0x7fffffff, -1}) {
            add("RDMA_ERROR " + code, Victim.PLAIN, Expected.FAILS, (server, call) -> server.send(error(call.xid(), code, 1, 1)));
            add("RDMA_ERROR " + code + " of a call with a Write chunk", Victim.READING, Expected.FAILS,
                    (server, call) -> server.send(error(call.xid(), code, 1, 1)));
            add("RDMA_ERROR " + code + " of a call with a Read chunk", Victim.WRITING, Expected.FAILS,
                    (server, call) -> server.send(error(call.xid(), code, 1, 1)));
        }
        add("RDMA_ERROR of an unknown xid", Victim.PLAIN, Expected.ANSWERED, (server, call) -> {
            server.send(error(call.xid() + 1, 2));
            server.answer(call);
        });
        add("RDMA_ERROR without a code", Victim.PLAIN, Expected.FAILS, (server, call) -> server.send(error(call.xid())));
        add("ERR_VERS without its versions", Victim.PLAIN, Expected.FAILS, (server, call) -> server.send(error(call.xid(), 1)));
    }

    private static void headers() {
        for (int version : new int[] {0, 2, 0x01000000, -1}) {
            bytes("version " + version, Expected.FAILS, message -> message.putInt(4, version));
        }
        for (int procedure : new int[] {RdmaHeader.RDMA_MSGP, 5, 255, -1}) {
            bytes("procedure " + procedure, Expected.FAILS, message -> message.putInt(12, procedure));
        }
        for (int at : new int[] {16, 20, 24}) {
            for (int word : new int[] {2, 0x7fffffff, -1}) {
                bytes("list word at " + at + " is " + word, Expected.FAILS, message -> message.putInt(at, word));
            }
        }
        for (int length : new int[] {4, 15, 16, 20, 24}) {
            add("a header of " + length + " bytes", Victim.PLAIN, Expected.FAILS,
                    (server, call) -> server.send(Arrays.copyOf(right(call), length)));
        }
        for (int length : new int[] {28, 32, 35}) {
            add("a header and " + (length - 28) + " bytes of the reply", Victim.PLAIN, Expected.FAILS,
                    (server, call) -> server.send(Arrays.copyOf(right(call), length)));
        }
        for (int length : new int[] {0, 3}) {
            add("a message of " + length + " bytes", Victim.PLAIN, Expected.ANSWERED, (server, call) -> {
                server.send(Arrays.copyOf(right(call), length));
                server.answer(call);
            });
        }
        header("a Read list in a reply", Victim.PLAIN, Expected.FAILS, (header, call) -> header.addRead(0, 1, 100, 0));
        header("a Write chunk that was not offered", Victim.PLAIN, Expected.FAILS, (header, call) -> {
            header.beginWrite();
            header.addWriteSegment(1, 100, 0);
        });
        header("a Write chunk too many", Victim.READING, Expected.FAILS, (header, call) -> {
            for (int i = 0; i < 2; i++) {
                header.beginWrite();
                header.addWriteSegment(call.header().writeHandle(0, 0), 10, call.header().writeOffset(0, 0));
            }
        });
        header("an inline reply that used the Reply chunk", Victim.PLAIN, Expected.FAILS, (header, call) -> {
            header.beginReply();
            header.addReplySegment(call.header().writeHandle(REPLY, 0), 100, call.header().writeOffset(REPLY, 0));
        });
    }

    private static void rpcMessages() {
        for (int length : new int[] {8, 12, 16, 20, 24, 26, 27}) {
            add("an RPC reply of " + length + " bytes", Victim.PLAIN, Expected.FAILS,
                    (server, call) -> server.send(Arrays.copyOf(right(call), 28 + length)));
        }
        bytes("reply status 2", Expected.FAILS, message -> message.putInt(28 + 8, 2));
        bytes("denied for a reason that is none", Expected.FAILS, message -> message.putInt(28 + 8, 1).putInt(28 + 12, 77));
        bytes("an accept status that is none", Expected.FAILS, message -> message.putInt(28 + 20, 99));
        for (int length : new int[] {1 << 20, 0x7ffffff0, -1, 0x80000000}) {
            bytes("a verifier of " + length + " bytes", Expected.FAILS, message -> message.putInt(28 + 16, length));
            bytes("results of " + length + " bytes", Expected.FAILS, message -> message.putInt(28 + 24, length));
        }
        bytes("message type 2", Expected.WAITS, message -> message.putInt(28 + 4, 2));
        add("a call to a client that serves nothing", Victim.PLAIN, Expected.ANSWERED, (server, call) -> {
            backwardCall(server, call.xid());
            HostileServer.Call answer = server.next();
            assertThat(answer.rpc().getInt(20)).as("PROG_UNAVAIL").isEqualTo(1);
            server.answer(call);
        });
        add("a flood of calls to a client that serves nothing", Victim.PLAIN, Expected.ENDS, (server, call) -> {
            for (int i = 0; i < 100_000; i++) {
                backwardCall(server, i);
            }
        });
    }

    private static void replyChunks() {
        add("a long reply, as it should be", Victim.PLAIN, Expected.ANSWERED, (server, call) -> {
            server.write(call.header().writeHandle(REPLY, 0), call.header().writeOffset(REPLY, 0), longReply(call));
            server.send(withReplyChunk(call, longReply(call).length), new byte[0]);
        });
        for (int written : new int[] {0, 1, 100, 627}) {
            add("a long reply of which " + written + " bytes were written", Victim.PLAIN, Expected.FAILS, (server, call) -> {
                server.write(call.header().writeHandle(REPLY, 0), call.header().writeOffset(REPLY, 0),
                        Arrays.copyOf(longReply(call), written));
                server.send(withReplyChunk(call, longReply(call).length), new byte[0]);
            });
        }
        add("a long reply with a hole in the middle", Victim.PLAIN, Expected.FAILS, (server, call) -> {
            byte[] message = longReply(call);
            server.write(call.header().writeHandle(REPLY, 0), call.header().writeOffset(REPLY, 0), Arrays.copyOf(message, 300));
            server.write(call.header().writeHandle(REPLY, 0), call.header().writeOffset(REPLY, 0) + 301,
                    Arrays.copyOfRange(message, 301, message.length));
            server.send(withReplyChunk(call, message.length), new byte[0]);
        });
        for (int length : new int[] {0, 4, 7}) {
            add("a long reply of " + length + " bytes", Victim.PLAIN, Expected.FAILS, (server, call) -> {
                server.write(call.header().writeHandle(REPLY, 0), call.header().writeOffset(REPLY, 0), longReply(call));
                server.send(withReplyChunk(call, length), new byte[0]);
            });
        }
        for (int length : new int[] {0x7fffffff, -1}) {
            add("a long reply of " + Integer.toUnsignedString(length) + " bytes", Victim.PLAIN, Expected.FAILS, (server, call) -> {
                byte[] message = HostileServer.message(withReplyChunk(call, 100), new byte[0]);
                ByteBuffer.wrap(message).putInt(36, length);
                server.send(message);
            });
        }
        add("a long reply in a chunk of another handle", Victim.PLAIN, Expected.FAILS, (server, call) -> {
            server.write(call.header().writeHandle(REPLY, 0), call.header().writeOffset(REPLY, 0), longReply(call));
            RdmaHeader header = HostileServer.header(call.xid()).procedure(RdmaHeader.RDMA_NOMSG);
            header.beginReply();
            header.addReplySegment(call.header().writeHandle(REPLY, 0) + 1, longReply(call).length, call.header().writeOffset(REPLY, 0));
            server.send(header, new byte[0]);
        });
        add("a long reply in two segments where one was offered", Victim.PLAIN, Expected.FAILS, (server, call) -> {
            server.write(call.header().writeHandle(REPLY, 0), call.header().writeOffset(REPLY, 0), longReply(call));
            RdmaHeader header = withReplyChunk(call, 100);
            header.addReplySegment(call.header().writeHandle(REPLY, 0), longReply(call).length - 100,
                    call.header().writeOffset(REPLY, 0) + 100);
            server.send(header, new byte[0]);
        });
        add("a long reply with another xid inside", Victim.PLAIN, Expected.FAILS, (server, call) -> {
            byte[] message = longReply(call);
            message[3] ^= 1;
            server.write(call.header().writeHandle(REPLY, 0), call.header().writeOffset(REPLY, 0), message);
            server.send(withReplyChunk(call, message.length), new byte[0]);
        });
        add("RDMA_NOMSG without a chunk", Victim.PLAIN, Expected.FAILS, (server, call) ->
                server.send(HostileServer.header(call.xid()).procedure(RdmaHeader.RDMA_NOMSG), new byte[0]));
    }

    private static void writeChunks() {
        for (int written : new int[] {0, 1, 2500, 4999}) {
            add("a result of which " + written + " bytes were written", Victim.READING, Expected.FAILS, (server, call) -> {
                server.write(call.header().writeHandle(0, 0), call.header().writeOffset(0, 0),
                        Arrays.copyOf(EchoProgram.pattern(5000), written));
                reduced(server, call, 5000, call.header().writeHandle(0, 0), call.header().writeOffset(0, 0));
            });
        }
        for (int length : new int[] {4999, 5001, 0x7fffffff, 0}) {
            add("a result that was written and is said to have " + length + " bytes", Victim.READING, Expected.FAILS, (server, call) -> {
                server.write(call.header().writeHandle(0, 0), call.header().writeOffset(0, 0), EchoProgram.pattern(5000));
                reduced(server, call, length, call.header().writeHandle(0, 0), call.header().writeOffset(0, 0));
            });
        }
        add("a result in a chunk of another handle", Victim.READING, Expected.FAILS, (server, call) -> {
            server.write(call.header().writeHandle(0, 0), call.header().writeOffset(0, 0), EchoProgram.pattern(5000));
            reduced(server, call, 5000, call.header().writeHandle(0, 0) ^ 4, call.header().writeOffset(0, 0));
        });
        add("a result in a chunk of another offset", Victim.READING, Expected.FAILS, (server, call) -> {
            server.write(call.header().writeHandle(0, 0), call.header().writeOffset(0, 0), EchoProgram.pattern(5000));
            reduced(server, call, 5000, call.header().writeHandle(0, 0), call.header().writeOffset(0, 0) + 4);
        });
        add("a result that its chunk has, and no Write list", Victim.READING, Expected.FAILS, (server, call) -> {
            server.write(call.header().writeHandle(0, 0), call.header().writeOffset(0, 0), EchoProgram.pattern(5000));
            server.send(HostileServer.header(call.xid()), HostileServer.accepted(call.xid(), HostileServer.word(5000)));
        });
    }

    private static void reduced(HostileServer server, HostileServer.Call call, int length, int handle, long offset) throws IOException {
        RdmaHeader header = HostileServer.header(call.xid());
        header.beginWrite();
        header.addWriteSegment(handle, length, offset);
        server.send(header, HostileServer.accepted(call.xid(), HostileServer.word(5000)));
    }

    private interface Touch {
        void touch(HostileServer server, int handle, long offset, int length) throws IOException;
    }

    private static void foreignMemory() {
        for (Victim victim : Victim.values()) {
            Touch[] touches = {
                (server, handle, offset, length) -> server.write(handle ^ 1, offset, new byte[8]),
                (server, handle, offset, length) -> server.write(0, 0, new byte[8]),
                (server, handle, offset, length) -> server.write(-1, 0, new byte[8]),
                (server, handle, offset, length) -> server.write(handle, offset - 1, new byte[8]),
                (server, handle, offset, length) -> server.write(handle, offset + length, new byte[1]),
                (server, handle, offset, length) -> server.write(handle, offset + length - 7, new byte[8]),
                (server, handle, offset, length) -> server.write(handle, -4, new byte[8]),
                (server, handle, offset, length) -> server.write(handle, Long.MIN_VALUE, new byte[8]),
                (server, handle, offset, length) -> read(server, handle ^ 1, offset, 8),
                (server, handle, offset, length) -> read(server, 0, 0, 8),
                (server, handle, offset, length) -> read(server, handle, offset - 1, 8),
                (server, handle, offset, length) -> read(server, handle, offset + length - 7, 8),
                (server, handle, offset, length) -> read(server, handle, -4, 8),
                (server, handle, offset, length) -> read(server, handle, offset, -1),
                (server, handle, offset, length) -> {
                    if (victim == Victim.WRITING) {
                        server.write(handle, offset, new byte[8]);
                    } else {
                        read(server, handle, offset, 8);
                    }
                },
                (server, handle, offset, length) -> server.sendInvalidating(handle ^ 1, new byte[0]),
                (server, handle, offset, length) -> server.sendInvalidating(0, new byte[0]),
                (server, handle, offset, length) -> server.sendInvalidating(-1, new byte[0]),
            };
            for (int i = 0; i < touches.length; i++) {
                Touch touch = touches[i];
                add("touches memory that it may not, way " + i, victim, Expected.ENDS, (server, call) -> {
                    touch.touch(server, handle(victim, call), offset(victim, call), length(victim, call));
                    server.awaitEnd();
                });
            }
            add("touches the memory of a call that was answered", victim, Expected.ENDS, (server, call) -> {
                server.answer(call);
                HostileServer.Call after = server.next();
                if (victim == Victim.WRITING) {
                    read(server, handle(victim, call), offset(victim, call), 8);
                } else {
                    server.write(handle(victim, call), offset(victim, call), new byte[8]);
                }
                assertThat(after).isNotNull();
                server.awaitEnd();
            });
        }
    }

    private static void read(HostileServer server, int handle, long offset, int length) throws IOException {
        server.peer().sendFpdu(RawPeer.readRequest(1, 0x77, 0, length, handle, offset));
    }

    private static int handle(Victim victim, HostileServer.Call call) {
        return switch (victim) {
            case PLAIN -> call.header().writeHandle(REPLY, 0);
            case READING -> call.header().writeHandle(0, 0);
            case WRITING -> call.header().readHandle(0);
        };
    }

    private static long offset(Victim victim, HostileServer.Call call) {
        return switch (victim) {
            case PLAIN -> call.header().writeOffset(REPLY, 0);
            case READING -> call.header().writeOffset(0, 0);
            case WRITING -> call.header().readOffset(0);
        };
    }

    private static int length(Victim victim, HostileServer.Call call) {
        return switch (victim) {
            case PLAIN -> call.header().writeLength(REPLY, 0);
            case READING -> call.header().writeLength(0, 0);
            case WRITING -> call.header().readLength(0);
        };
    }

    private static void streams() {
        add("says nothing", Victim.PLAIN, Expected.WAITS, (server, call) -> { });
        add("the reply byte by byte", Victim.PLAIN, Expected.ANSWERED, (server, call) -> {
            byte[] fpdu = server.peer().fpdu(RawPeer.sendMessage(server.nextMsn(), right(call))).array();
            for (byte b : fpdu) {
                server.peer().send(new byte[] {b});
            }
        });
        for (int part : new int[] {1, 2, 19, 20, 300, 600}) {
            add("closes after " + part + " bytes of the reply", Victim.PLAIN, Expected.ENDS, (server, call) -> {
                byte[] fpdu = server.peer().fpdu(RawPeer.sendMessage(server.nextMsn(), right(call))).array();
                server.peer().send(Arrays.copyOf(fpdu, part));
                server.peer().close();
            });
        }
        add("a Write half way, then a Terminate", Victim.READING, Expected.ENDS, (server, call) -> {
            server.write(call.header().writeHandle(0, 0), call.header().writeOffset(0, 0), new byte[2500]);
            terminate(server);
        });
        for (Victim victim : Victim.values()) {
            add("a Terminate in place of a reply", victim, Expected.ENDS, (server, call) -> terminate(server));
            add("closes in place of a reply", victim, Expected.ENDS, (server, call) -> server.peer().close());
            add("a reset in place of a reply", victim, Expected.ENDS, (server, call) -> {
                server.peer().socket().setSoLinger(true, 0);
                server.peer().close();
            });
            add("garbage in place of an FPDU", victim, Expected.ENDS, (server, call) -> {
                server.peer().send(new byte[70_000]);
                server.awaitEnd();
            });
        }
        add("a reply with a wrong CRC", Victim.PLAIN, Expected.ENDS, (server, call) -> {
            byte[] fpdu = server.peer().fpdu(RawPeer.sendMessage(server.nextMsn(), right(call))).array();
            fpdu[100] ^= 1;
            server.peer().send(fpdu);
            server.awaitEnd();
        });
        add("a message sequence number too far", Victim.PLAIN, Expected.ENDS, (server, call) -> {
            server.peer().sendFpdu(RawPeer.sendMessage(server.nextMsn() + 1, right(call)));
            server.awaitEnd();
        });
        add("a reply longer than it may be", Victim.PLAIN, Expected.ENDS, (server, call) -> {
            server.send(new byte[60_000]);
            server.awaitEnd();
        });
        add("a Read Response that nobody asked for", Victim.WRITING, Expected.ENDS, (server, call) -> {
            server.peer().sendFpdu(RawPeer.tagged(RdmapOpcode.READ_RESPONSE, true, call.header().readHandle(0), call.header().readOffset(0),
                    new byte[8]));
            server.awaitEnd();
        });
    }

    private static void terminate(HostileServer server) throws IOException {
        server.peer().sendFpdu(RawPeer.untagged(RdmapOpcode.TERMINATE, true, 0, 1, 0, new byte[] {0, 0, 0, 0}));
        server.awaitEnd();
    }

    // ---- the test

    private final ExecutorService executor = java.util.concurrent.Executors.newCachedThreadPool();
    private LocalEndpoints peers;
    private Bystander bystander;
    private LeakLedger quiet;

    @BeforeEach
    void start() throws IOException {
        peers = new LocalEndpoints(Map.of("oncrpc.rdma.handshake-timeout", "1s"), LocalEndpoints.echo(), executor);
        bystander = new Bystander(peers.connect());
        quiet = LeakLedger.snapshot();
    }

    @AfterEach
    void stop() throws IOException {
        bystander.round();
        LeakLedger.assertNothingLeaked(quiet);
        peers.close();
        executor.shutdownNow();
    }

    private static List<Case> cases() {
        return CASES;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void whateverTheServerAnswers(Case hostile) throws Exception {
        try (HostileServer server = new HostileServer(executor, s -> {
            s.answer(s.next());
            hostile.step().run(s, s.next());
            while (true) {
                s.answer(s.next());
            }
        })) {
            RpcTransport transport = peers.connect(server.address());
            good(transport);
            call(transport, hostile);
            bystander.round();
            ((RdmaRpcTransport) transport).close();
        }
    }

    private static void good(RpcTransport transport) throws IOException {
        EchoProgram.Bytes answer = new EchoProgram.Bytes();
        LocalEndpoints.call(transport, EchoProgram.PROGRAM).call(EchoProgram.READ, new EchoProgram.Int(77), answer);
        assertThat(answer.value).isEqualTo(EchoProgram.pattern(77));
    }

    private static void call(RpcTransport transport, Case hostile) throws Exception {
        Victim victim = hostile.victim();
        byte[] sent = EchoProgram.pattern(victim.length);
        XdrAble argument = victim == Victim.WRITING ? new EchoProgram.Bytes(sent) : new EchoProgram.Int(victim.length);
        EchoProgram.Bytes bytes = new EchoProgram.Bytes();
        EchoProgram.Int length = new EchoProgram.Int();
        CompletableFuture<Void> called = new CompletableFuture<>();
        long millis = hostile.expected() == Expected.WAITS ? 300 : 60_000;
        try {
            LocalEndpoints.call(transport, victim.program).call(victim.procedure, argument, victim == Victim.WRITING ? length : bytes,
                    millis, TimeUnit.MILLISECONDS);
            called.complete(null);
        } catch (IOException | TimeoutException e) {
            called.completeExceptionally(e);
        }
        assertThat(sent).as("the caller's memory").isEqualTo(EchoProgram.pattern(victim.length));
        switch (hostile.expected()) {
            case ANSWERED -> {
                called.get();
                if (victim == Victim.WRITING) {
                    assertThat(length.value).isEqualTo(victim.length);
                } else {
                    assertThat(bytes.value).isEqualTo(sent);
                }
                good(transport);
            }
            case FAILS -> {
                assertThat(failure(called)).isInstanceOf(IOException.class).isNotInstanceOf(EOFException.class)
                        .hasMessageNotContaining("null");
                assertThat(bytes.value).isNull();
                good(transport);
            }
            case ENDS -> {
                if (called.isCompletedExceptionally()) {
                    assertThat(failure(called)).isInstanceOf(EOFException.class).hasMessageStartingWith("Disconnected from ");
                    assertThat(bytes.value).isNull();
                } else {
                    // It was answered first.
                    LeakLedger.await("the next call ends with the connection", () -> ends(transport));
                }
                LeakLedger.await("the connection has ended", () -> !transport.isOpen());
            }
            case WAITS -> {
                assertThat(failure(called)).isInstanceOf(TimeoutException.class);
                good(transport);
            }
            default -> throw new IllegalStateException();
        }
    }

    private static boolean ends(RpcTransport transport) {
        try {
            good(transport);
            return false;
        } catch (IOException e) {
            assertThat(e).isInstanceOf(EOFException.class);
            return true;
        }
    }

    private static Throwable failure(CompletableFuture<Void> called) throws InterruptedException {
        try {
            called.get();
            throw new AssertionError("the call was answered");
        } catch (ExecutionException e) {
            return e.getCause();
        }
    }

    /** Each call gets its own answer, though the grant shrinks below what is outstanding with the first. */
    @Test
    void aGrantThatShrinksBelowWhatIsOutstanding() throws Exception {
        try (HostileServer server = new HostileServer(executor, s -> {
            s.answer(s.next());
            List<HostileServer.Call> outstanding = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                outstanding.add(s.next());
            }
            for (HostileServer.Call call : outstanding) {
                s.send(HostileServer.header(call.xid()).credits(outstanding.indexOf(call) % 2), longReply(call));
            }
            while (true) {
                s.answer(s.next());
            }
        })) {
            RpcTransport transport = peers.connect(server.address());
            good(transport);
            List<CompletableFuture<XdrOpaque>> all = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                all.add(LocalEndpoints.call(transport, EchoProgram.PROGRAM)
                        .call(EchoProgram.READ, new EchoProgram.Int(i), XdrOpaque.class));
            }
            for (int i = 0; i < 40; i++) {
                assertThat(all.get(i).get(60, TimeUnit.SECONDS).getOpaque()).isEqualTo(EchoProgram.pattern(i));
            }
            ((RdmaRpcTransport) transport).close();
        }
    }

    /**
     * The answer to one call invalidates the memory of another: that one can still be answered inline, and nothing that belongs to it is
     * touched.
     */
    @Test
    void anAnswerThatInvalidatesTheMemoryOfAnotherCall() throws Exception {
        try (HostileServer server = new HostileServer(executor, s -> {
            s.answer(s.next());
            HostileServer.Call first = s.next();
            HostileServer.Call second = s.next();
            s.sendInvalidating(handle(Victim.PLAIN, second), HostileServer.message(HostileServer.header(first.xid()), longReply(first)));
            s.answer(second);
            while (true) {
                s.answer(s.next());
            }
        })) {
            RpcTransport transport = peers.connect(server.address());
            good(transport);
            List<CompletableFuture<XdrOpaque>> both = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                both.add(LocalEndpoints.call(transport, EchoProgram.PROGRAM)
                        .call(EchoProgram.READ, new EchoProgram.Int(600 + i), XdrOpaque.class));
            }
            for (int i = 0; i < 2; i++) {
                assertThat(both.get(i).get(60, TimeUnit.SECONDS).getOpaque()).isEqualTo(EchoProgram.pattern(600 + i));
            }
            good(transport);
            ((RdmaRpcTransport) transport).close();
        }
    }

    // ---- handshakes

    private static List<byte[]> handshakes() {
        byte[] data = new PrivateData(true, 4096, 4096).encode();
        List<byte[]> all = new ArrayList<>();
        for (int flags = 0; flags < 256; flags += 8) {
            for (int revision : new int[] {0, 1, 2, 3, 255}) {
                all.add(HostileServer.reply(flags, revision, 8, 8, data));
            }
        }
        for (int word : new int[] {0, 1, 0x3fff, 0x4000, 0x8000, 0xc000, 0xffff}) {
            all.add(HostileServer.reply(MpaFrame.ENHANCED | MpaFrame.CRC, 2, word, 8, data));
            all.add(HostileServer.reply(MpaFrame.ENHANCED | MpaFrame.CRC, 2, 8, word, data));
        }
        byte[] good = HostileServer.reply(MpaFrame.ENHANCED | MpaFrame.CRC, 2, 8, 8, data);
        for (int length : new int[] {0, 1, 3, 4, 5, 512, 513, 0xffff}) {
            byte[] other = good.clone();
            ByteBuffer.wrap(other).putShort(MpaFrame.OFFSET_PRIVATE_DATA_LENGTH, (short) length);
            all.add(other);
        }
        for (int at = 0; at < good.length; at += 3) {
            byte[] other = good.clone();
            other[at] ^= (byte) 0xff;
            all.add(other);
            all.add(Arrays.copyOf(good, at));
        }
        for (int length : new int[] {0, 1, 7, 8, 100, 508}) {
            byte[] random = new byte[length];
            new java.util.Random(length).nextBytes(random);
            all.add(HostileServer.reply(MpaFrame.ENHANCED | MpaFrame.CRC, 2, 8, 8, random));
        }
        all.add(RawPeer.frame(false, MpaFrame.ENHANCED | MpaFrame.CRC, 2, 8, 8, data).array());
        return all;
    }

    /** The connection is there and works, or connecting has failed with an IOException; never anything between. */
    @Test
    void whateverTheServerSaysInTheHandshake() throws Exception {
        int established = 0;
        List<byte[]> all = handshakes();
        for (int i = 0; i < all.size(); i++) {
            byte[] handshake = all.get(i);
            try (HostileServer server = new HostileServer(executor, handshake, s -> {
                if (handshake.length < MpaFrame.HEADER_LENGTH) {
                    s.peer().close();
                }
                while (true) {
                    s.answer(s.next());
                }
            })) {
                RpcTransport transport;
                try {
                    transport = peers.connect(server.address());
                } catch (IOException e) {
                    assertThat(e).as("handshake %d", i).hasMessageContaining(server.address().toString());
                    continue;
                }
                established++;
                try {
                    good(transport);
                } catch (EOFException e) {
                    // It wants what we do not have, or sends what it did not agree to.
                }
                ((RdmaRpcTransport) transport).close();
            }
            if (i % 20 == 0) {
                bystander.round();
            }
        }
        assertThat(established).as("some are as they should be").isGreaterThan(10).isLessThan(all.size() - 50);
    }
}
