// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux.harness;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/**
 * A minimal iWARP initiator over a plain socket, only for NULL calls of NFS to the kernel's server. It shares no code with the transport,
 * so it shows whether a guest works when the transport does not. One thread.
 *
 * <pre>
 * MPA Request and Reply (RFC 5044, 7.1; RFC 6581)     an FPDU with one untagged Send (RFC 5044, 4; RFC 5041, 4.3; RFC 5040, 4)
 *  0  key, 16 bytes                                    0  ULPDU length              2 bytes
 * 16  flags and revision, C = 0x4000, S = 0x1000       2  control 0x4143            last, DDP 1, RDMAP 1, Send
 * 18  length of what follows                           4  reserved                  4 bytes
 * 20  IRD, 22 ORD                                      8  queue 0, 12 MSN, 16 MO    4 bytes each
 * 24  private data (RFC 8797)                         20  message, pad to 4, CRC32C in little-endian, 0 when off
 * </pre>
 */
public final class PlainIwarp implements AutoCloseable {

    private static final int CRC_FLAG = 0x4000;
    private static final int ENHANCED_REVISION_2 = 0x1002;
    private static final byte[] PRIVATE_DATA = {(byte) 0xf6, (byte) 0xab, 0x0e, 0x18, 1, 0, 3, 3};
    private static final int LAST_UNTAGGED_SEND = 0x4143;
    private static final int HEADER = 20;

    private final Socket socket = new Socket();
    private final BufferedInputStream stream;
    private final DataInputStream in;
    private final boolean crc;
    private int sent;
    private int received;

    public PlainIwarp(InetSocketAddress server, int timeoutMillis) throws IOException {
        socket.setTcpNoDelay(true);
        socket.connect(server, timeoutMillis);
        socket.setSoTimeout(timeoutMillis);
        stream = new BufferedInputStream(socket.getInputStream());
        in = new DataInputStream(stream);
        ByteBuffer request = ByteBuffer.allocate(24 + PRIVATE_DATA.length);
        request.put("MPA ID Req Frame".getBytes(StandardCharsets.US_ASCII));
        request.putShort((short) ENHANCED_REVISION_2).putShort((short) (4 + PRIVATE_DATA.length));
        request.putShort((short) 16).putShort((short) 0).put(PRIVATE_DATA);
        socket.getOutputStream().write(request.array());

        byte[] key = in.readNBytes(16);
        int flags = in.readUnsignedShort();
        in.skipNBytes(in.readUnsignedShort());
        if (!new String(key, StandardCharsets.US_ASCII).equals("MPA ID Rep Frame") || (flags & ~CRC_FLAG) != ENHANCED_REVISION_2) {
            throw new IOException("expected an MPA Reply of revision 2, got key " + new String(key, StandardCharsets.US_ASCII)
                    + " and flags 0x" + Integer.toHexString(flags));
        }
        crc = (flags & CRC_FLAG) != 0;
    }

    public boolean crc() {
        return crc;
    }

    /** Sends a NULL call of program 100003 (NFS) with the given XID. */
    public void sendNullCall(int xid, int version) throws IOException {
        ByteBuffer fpdu = ByteBuffer.allocate(HEADER + 28 + 40 + 4);
        fpdu.putShort((short) (fpdu.capacity() - 6)).putShort((short) LAST_UNTAGGED_SEND).putInt(0).putInt(0).putInt(++sent).putInt(0);
        // RFC 8166: XID, version, credits, RDMA_MSG, three empty chunk lists
        fpdu.putInt(xid).putInt(1).putInt(32).putInt(0).putInt(0).putInt(0).putInt(0);
        // RFC 5531: XID, CALL, RPC version, program, version, procedure, AUTH_NONE twice
        fpdu.putInt(xid).putInt(0).putInt(2).putInt(100003).putInt(version).putInt(0).putLong(0).putLong(0);
        fpdu.putInt(crc ? Integer.reverseBytes(checksum(fpdu.array(), fpdu.position())) : 0);
        socket.getOutputStream().write(fpdu.array());
    }

    /** Whether the server sends something within the given time. */
    public boolean answersWithin(int millis) throws IOException {
        int timeout = socket.getSoTimeout();
        socket.setSoTimeout(millis);
        stream.mark(1);
        try {
            return stream.read() >= 0;
        } catch (SocketTimeoutException e) {
            return false;
        } finally {
            stream.reset();
            socket.setSoTimeout(timeout);
        }
    }

    /**
     * Takes one FPDU and checks that it is an accepted, successful NULL reply.
     *
     * @return its XID
     * @throws SocketTimeoutException when none comes
     */
    public int receiveNullReply() throws IOException {
        int ulpdu = in.readUnsignedShort();
        byte[] bytes = new byte[2 + ulpdu + (-(2 + ulpdu) & 3)];
        ByteBuffer fpdu = ByteBuffer.wrap(bytes).putShort((short) ulpdu);
        in.readFully(bytes, 2, bytes.length - 2);
        int got = ByteBuffer.wrap(in.readNBytes(4)).order(ByteOrder.LITTLE_ENDIAN).getInt();
        expect("CRC", crc ? checksum(bytes, bytes.length) : 0, got);
        expect("control", LAST_UNTAGGED_SEND, fpdu.getShort() & 0xffff);
        expect("queue", 0, fpdu.getInt(8));
        expect("MSN", ++received, fpdu.getInt(12));
        expect("ULPDU length", HEADER - 2 + 28 + 24, ulpdu);
        int xid = fpdu.getInt(HEADER);
        expect("XID of the RPC message", xid, fpdu.getInt(HEADER + 28));
        expect("REPLY", 1, fpdu.getInt(HEADER + 32));
        expect("MSG_ACCEPTED", 0, fpdu.getInt(HEADER + 36));
        expect("SUCCESS", 0, fpdu.getInt(HEADER + 48));
        return xid;
    }

    private static void expect(String what, int expected, int got) throws IOException {
        if (expected != got) {
            throw new IOException(what + ": expected 0x" + Integer.toHexString(expected) + ", got 0x" + Integer.toHexString(got));
        }
    }

    private static int checksum(byte[] bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
