// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.harness;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.dcache.oncrpc4j.rdma.iwarp.RawPeer;
import org.dcache.oncrpc4j.rdma.iwarp.wire.MpaFrame;
import org.dcache.oncrpc4j.rdma.proto.PrivateData;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;

/**
 * A client made of a blocking socket, without CRCs: sends calls that it may not mean, whole or in part, and reads only when the test does.
 * One thread.
 */
public final class RawClient implements AutoCloseable {

    public final RawPeer peer;
    private int xid;
    private int msn;

    private RawClient(RawPeer peer) {
        this.peer = peer;
        peer.crc = false;
    }

    /** A TCP connection and nothing more. */
    public static RawClient open(InetSocketAddress server) throws IOException {
        return new RawClient(RawPeer.connect(server));
    }

    /** With the handshake done. */
    public static RawClient connected(InetSocketAddress server) throws IOException {
        RawClient client = open(server);
        client.peer.send(request());
        client.peer.readFrame(true);
        return client;
    }

    /** An enhanced MPA Request with room for 8 Reads each way and 4 KiB inline. */
    public static ByteBuffer request() {
        return RawPeer.frame(false, MpaFrame.ENHANCED, 2, 8, 8, new PrivateData(false, 4096, 4096).encode());
    }

    /** The FPDU of a call of ECHO with these bytes, inline. */
    public byte[] echo(int length) {
        ByteBuffer rpc = ByteBuffer.allocate(40 + 4 + (length + 3 & ~3));
        BareClient.rpcHeader(rpc, ++xid, EchoProgram.PROGRAM, EchoProgram.ECHO).putInt(length).put(EchoProgram.pattern(length));
        return call(RdmaHeader.RDMA_MSG, 0, rpc.array());
    }

    /** The FPDU of a call that has to be pulled whole from memory of ours. */
    public byte[] pulled(int length) {
        ++xid;
        return call(RdmaHeader.RDMA_NOMSG, length, new byte[0]);
    }

    private byte[] call(int procedure, int readLength, byte[] rpc) {
        RdmaHeader header = BareClient.header(xid, procedure);
        if (readLength > 0) {
            header.addRead(0, 0x1234, readLength, 0x10000);
        }
        ByteBuffer message = ByteBuffer.allocate(header.encodedLength() + rpc.length);
        message.put(header.encode(message, 0), rpc);
        return peer.fpdu(RawPeer.sendMessage(++msn, message.array())).array();
    }

    /** Sends the first bytes of something. */
    public void part(byte[] bytes, int length) throws IOException {
        peer.send(Arrays.copyOf(bytes, length));
    }

    /** By a reset instead of in good order. */
    public void reset() throws IOException {
        peer.socket().setSoLinger(true, 0);
        peer.close();
    }

    @Override
    public void close() throws IOException {
        peer.close();
    }
}
