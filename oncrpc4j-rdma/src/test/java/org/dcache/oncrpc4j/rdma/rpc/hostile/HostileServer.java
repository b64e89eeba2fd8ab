// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.hostile;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import org.dcache.oncrpc4j.rdma.iwarp.RawPeer;
import org.dcache.oncrpc4j.rdma.iwarp.wire.MpaFrame;
import org.dcache.oncrpc4j.rdma.iwarp.wire.RdmapOpcode;
import org.dcache.oncrpc4j.rdma.proto.MalformedHeaderException;
import org.dcache.oncrpc4j.rdma.proto.PrivateData;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.rpc.harness.EchoProgram;

/**
 * A server made of a blocking socket, for one ordinary client over RDMA: it does the handshake, then what its script says, which may send
 * any bytes. The script runs in a thread of the executor; what it throws comes out of {@link #close}, except that the client has ended the
 * connection, which is often what is wanted.
 */
final class HostileServer implements AutoCloseable {

    /** What the server does on its one connection. */
    interface Script {
        void run(HostileServer server) throws Exception;
    }

    /** A call that came: its header, and the RPC message behind it. */
    record Call(RdmaHeader header, ByteBuffer rpc) {

        int xid() {
            return header.xid();
        }

        int procedure() {
            return rpc.getInt(20);
        }

        /** The int, or the length of the opaque, that is its argument. */
        int argument() {
            return rpc.getInt(40);
        }
    }

    private final ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private volatile RawPeer peer;
    private int msn;

    /** With a handshake as any server does it, before the script. */
    HostileServer(Executor executor, Script script) throws IOException {
        this(executor, reply(MpaFrame.CRC | MpaFrame.ENHANCED, 2, 128, 8, new PrivateData(true, 4096, 4096).encode()), script);
    }

    /** @param handshake what it sends in place of the MPA Reply */
    HostileServer(Executor executor, byte[] handshake, Script script) throws IOException {
        executor.execute(() -> {
            try {
                peer = RawPeer.accept(listener);
                peer.readFrame(false);
                peer.send(handshake);
                peer.crc = handshake.length <= MpaFrame.OFFSET_FLAGS || (handshake[MpaFrame.OFFSET_FLAGS] & MpaFrame.CRC) != 0;
                script.run(this);
                ended.complete(null);
            } catch (SocketException | java.io.EOFException e) {
                ended.complete(null);
            } catch (Throwable e) {
                ended.completeExceptionally(e);
            }
        });
    }

    static byte[] reply(int flags, int revision, int irdWord, int ordWord, byte[] privateData) {
        ByteBuffer frame = RawPeer.frame(true, flags, revision, irdWord, ordWord, privateData);
        byte[] bytes = new byte[frame.capacity()];
        frame.get(0, bytes);
        return bytes;
    }

    InetSocketAddress address() {
        return (InetSocketAddress) listener.getLocalSocketAddress();
    }

    RawPeer peer() {
        return peer;
    }

    // ---- what scripts are made of

    /** The next Send of the client, which must be a call. */
    Call next() throws IOException {
        while (true) {
            RawPeer.Fpdu fpdu = peer.readFpdu();
            if (fpdu.opcode() == RdmapOpcode.TERMINATE) {
                throw new SocketException("the client ends the connection: " + fpdu.terminate().describe());
            }
            if (fpdu.opcode().isSend()) {
                RdmaHeader header = new RdmaHeader();
                try {
                    int length = header.decode(fpdu.payload(), 100);
                    return new Call(header, fpdu.payload().slice(length, fpdu.payload().capacity() - length));
                } catch (MalformedHeaderException e) {
                    throw new IOException("the client sent what is no message of RPC-over-RDMA", e);
                }
            }
        }
    }

    /** Any message. */
    void send(byte[] message) throws IOException {
        peer.sendFpdu(RawPeer.sendMessage(++msn, message));
    }

    /** The number of a message that the script frames itself. */
    int nextMsn() {
        return ++msn;
    }

    void send(RdmaHeader header, byte[] rpc) throws IOException {
        send(message(header, rpc));
    }

    static byte[] message(RdmaHeader header, byte[] rpc) {
        ByteBuffer message = ByteBuffer.allocate(header.encodedLength() + rpc.length);
        return message.put(header.encode(message, 0), rpc).array();
    }

    void sendInvalidating(int stag, byte[] message) throws IOException {
        peer.sendFpdu(RawPeer.untagged(RdmapOpcode.SEND_WITH_INVALIDATE, true, stag, ++msn, 0, message));
    }

    void write(int stag, long to, byte[] bytes) throws IOException {
        peer.sendFpdu(RawPeer.tagged(RdmapOpcode.RDMA_WRITE, true, stag, to, bytes));
    }

    /** The header of an inline reply. */
    static RdmaHeader header(int xid) {
        return new RdmaHeader().reset().xid(xid).credits(16).procedure(RdmaHeader.RDMA_MSG);
    }

    /** An accepted reply with these results. */
    static byte[] accepted(int xid, byte[] results) {
        return ByteBuffer.allocate(24 + results.length).putInt(xid).putInt(1).putInt(0).putLong(0).putInt(0).put(results).array();
    }

    /** opaque<> */
    static byte[] opaque(byte[] bytes) {
        return ByteBuffer.allocate(4 + (bytes.length + 3 & ~3)).putInt(bytes.length).put(bytes).array();
    }

    /** The right answer to a call of {@link EchoProgram}'s READ or WRITE. */
    void answer(Call call) throws IOException {
        int length = call.argument();
        RdmaHeader header = header(call.xid());
        if (call.procedure() == EchoProgram.WRITE) {
            send(header, accepted(call.xid(), word(length)));
        } else if (call.header().writeCount() == 0) {
            send(header, accepted(call.xid(), opaque(EchoProgram.pattern(length))));
        } else {
            write(call.header().writeHandle(0, 0), call.header().writeOffset(0, 0), EchoProgram.pattern(length));
            header.beginWrite();
            header.addWriteSegment(call.header().writeHandle(0, 0), length, call.header().writeOffset(0, 0));
            send(header, accepted(call.xid(), word(length)));
        }
    }

    static byte[] word(int value) {
        return ByteBuffer.allocate(4).putInt(value).array();
    }

    /** Waits until the client has ended the connection; whatever it sends before is of no interest. */
    void awaitEnd() throws IOException {
        while (true) {
            peer.readFpdu();
        }
    }

    /** Waits for the script and closes the connection; throws what the script failed of. */
    @Override
    public void close() throws Exception {
        listener.close();
        if (peer != null) {
            peer.close();
        }
        try {
            ended.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw (Exception) e.getCause();
        }
    }
}
