// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp;

import java.io.Closeable;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.dcache.oncrpc4j.rdma.iwarp.wire.DdpHeader;
import org.dcache.oncrpc4j.rdma.iwarp.wire.FpduLayout;
import org.dcache.oncrpc4j.rdma.iwarp.wire.MpaFrame;
import org.dcache.oncrpc4j.rdma.iwarp.wire.RdmapOpcode;
import org.dcache.oncrpc4j.rdma.iwarp.wire.ReadRequestHeader;
import org.dcache.oncrpc4j.rdma.iwarp.wire.TerminateMessage;

/**
 * An iWARP peer made of a blocking socket and the codecs: sends any bytes, right or wrong, and reads what comes back. One thread.
 */
public final class RawPeer implements Closeable {

    /** An MPA frame that came. */
    public record Frame(int flags, int revision, int irdWord, int ordWord, byte[] privateData) {}

    /** An FPDU that came: the ULPDU, whether its CRC is right (or 0 where CRCs are off), and its pad as a number. */
    public record Fpdu(ByteBuffer ulpdu, boolean crcRight, int pad) {
        public RdmapOpcode opcode() {
            return RdmapOpcode.of(DdpHeader.opcode(DdpHeader.control(ulpdu, 0)));
        }

        public boolean isLast() {
            return DdpHeader.isLast(DdpHeader.control(ulpdu, 0));
        }

        public ByteBuffer payload() {
            return ulpdu.slice(opcode().headerLength(), ulpdu.capacity() - opcode().headerLength());
        }

        public TerminateMessage terminate() {
            return TerminateMessage.decode(payload(), 0);
        }
    }

    private static final int TIMEOUT_MILLIS = Integer.getInteger("test.patience", 20_000);

    private final Socket socket;
    private final DataInputStream in;

    /** Whether FPDUs carry CRCs, both ways. */
    public boolean crc = true;

    public RawPeer(Socket socket) throws IOException {
        this.socket = socket;
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(TIMEOUT_MILLIS);
        in = new DataInputStream(socket.getInputStream());
    }

    /** A TCP connection, nothing sent yet. */
    public static RawPeer connect(InetSocketAddress to) throws IOException {
        return new RawPeer(new Socket(to.getAddress(), to.getPort()));
    }

    public static RawPeer accept(ServerSocket server) throws IOException {
        server.setSoTimeout(TIMEOUT_MILLIS);
        return new RawPeer(server.accept());
    }

    public Socket socket() {
        return socket;
    }

    public void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    public void send(ByteBuffer bytes) throws IOException {
        byte[] copy = new byte[bytes.capacity()];
        bytes.get(0, copy);
        send(copy);
    }

    // ---- MPA

    public static ByteBuffer frame(boolean reply, int flags, int revision, int irdWord, int ordWord, byte[] privateData) {
        boolean enhanced = (flags & MpaFrame.ENHANCED) != 0;
        int skip = enhanced ? 4 : 0;
        ByteBuffer frame = ByteBuffer.allocate(MpaFrame.HEADER_LENGTH + skip + privateData.length);
        MpaFrame.put(frame, 0, reply, flags, revision, skip + privateData.length);
        if (enhanced) {
            MpaFrame.putDepths(frame, 0, irdWord, ordWord);
        }
        return frame.put(MpaFrame.HEADER_LENGTH + skip, privateData);
    }

    /** Enhanced Request with CRC, then the Reply to it. */
    public Frame initiate(int ird, int ord) throws IOException {
        send(frame(false, MpaFrame.ENHANCED | (crc ? MpaFrame.CRC : 0), 2, ird, ord, new byte[0]));
        return readFrame(true);
    }

    /** Takes a Request and answers with an enhanced Reply. */
    public Frame respond(int ird, int ord) throws IOException {
        Frame request = readFrame(false);
        send(frame(true, MpaFrame.ENHANCED | (crc ? MpaFrame.CRC : 0), 2, ird, ord, new byte[0]));
        return request;
    }

    public Frame readFrame(boolean reply) throws IOException {
        byte[] bytes = new byte[MpaFrame.HEADER_LENGTH + MpaFrame.MAX_PRIVATE_DATA];
        in.readFully(bytes, 0, MpaFrame.HEADER_LENGTH);
        ByteBuffer frame = ByteBuffer.wrap(bytes);
        if (!MpaFrame.keyMatches(frame, 0, MpaFrame.KEY_LENGTH, reply)) {
            throw new IOException("no MPA key");
        }
        in.readFully(bytes, MpaFrame.HEADER_LENGTH, MpaFrame.privateDataLength(frame, 0));
        boolean enhanced = MpaFrame.isEnhanced(frame, 0);
        return new Frame(MpaFrame.flags(frame, 0), MpaFrame.revision(frame, 0), enhanced ? MpaFrame.irdWord(frame, 0) : -1,
                enhanced ? MpaFrame.ordWord(frame, 0) : -1, MpaFrame.privateData(frame, 0));
    }

    // ---- DDP segments, without MPA framing

    public static ByteBuffer tagged(RdmapOpcode opcode, boolean last, int stag, long to, byte[] payload) {
        ByteBuffer ulpdu = ByteBuffer.allocate(DdpHeader.TAGGED_LENGTH + payload.length);
        DdpHeader.putTagged(ulpdu, 0, opcode, last, stag, to);
        return ulpdu.put(DdpHeader.TAGGED_LENGTH, payload);
    }

    public static ByteBuffer untagged(RdmapOpcode opcode, boolean last, int invalidate, int msn, int mo, byte[] payload) {
        ByteBuffer ulpdu = ByteBuffer.allocate(DdpHeader.UNTAGGED_LENGTH + payload.length);
        DdpHeader.putUntagged(ulpdu, 0, opcode, last, invalidate, msn, mo);
        return ulpdu.put(DdpHeader.UNTAGGED_LENGTH, payload);
    }

    public static ByteBuffer sendMessage(int msn, byte[] payload) {
        return untagged(RdmapOpcode.SEND, true, 0, msn, 0, payload);
    }

    public static ByteBuffer readRequest(int msn, int sinkStag, long sinkTo, int size, int sourceStag, long sourceTo) {
        ByteBuffer ulpdu = untagged(RdmapOpcode.READ_REQUEST, true, 0, msn, 0, new byte[ReadRequestHeader.LENGTH]);
        ReadRequestHeader.put(ulpdu, DdpHeader.UNTAGGED_LENGTH, sinkStag, sinkTo, size, sourceStag, sourceTo);
        return ulpdu;
    }

    // ---- FPDUs

    public ByteBuffer fpdu(ByteBuffer ulpdu) {
        int length = ulpdu.capacity();
        ByteBuffer fpdu = ByteBuffer.allocate(FpduLayout.fpduLength(length));
        FpduLayout.putUlpduLength(fpdu, 0, length);
        fpdu.put(FpduLayout.OFFSET_ULPDU, ulpdu, 0, length);
        if (crc) {
            FpduLayout.putCrc(fpdu, FpduLayout.crcOffset(length), crcOf(fpdu.array(), FpduLayout.crcOffset(length)));
        }
        return fpdu;
    }

    public void sendFpdu(ByteBuffer ulpdu) throws IOException {
        send(fpdu(ulpdu));
    }

    public Fpdu readFpdu() throws IOException {
        byte[] start = new byte[FpduLayout.LENGTH_FIELD];
        in.readFully(start);
        int length = ByteBuffer.wrap(start).getShort() & 0xffff;
        ByteBuffer fpdu = ByteBuffer.allocate(FpduLayout.fpduLength(length)).put(0, start);
        in.readFully(fpdu.array(), 2, fpdu.capacity() - 2);
        int at = FpduLayout.crcOffset(length);
        int expected = crc ? crcOf(fpdu.array(), at) : 0;
        int pad = 0;
        for (int i = FpduLayout.LENGTH_FIELD + length; i < at; i++) {
            pad = pad << 8 | fpdu.get(i) & 0xff;
        }
        return new Fpdu(fpdu.slice(2, length), FpduLayout.crc(fpdu, at) == expected, pad);
    }

    /** Reads on until a Terminate comes. */
    public TerminateMessage readTerminate() throws IOException {
        while (true) {
            Fpdu fpdu = readFpdu();
            if (fpdu.opcode() == RdmapOpcode.TERMINATE) {
                return fpdu.terminate();
            }
        }
    }

    /** Whether the other side closes or resets without sending one more byte. */
    public boolean isClosedByOther() {
        try {
            return in.read() < 0;
        } catch (EOFException e) {
            return true;
        } catch (IOException e) {
            return !(e instanceof java.net.SocketTimeoutException);
        }
    }

    /** Bytes that are there to be read without waiting. */
    public int available() throws IOException {
        return in.available();
    }

    private static int crcOf(byte[] bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
