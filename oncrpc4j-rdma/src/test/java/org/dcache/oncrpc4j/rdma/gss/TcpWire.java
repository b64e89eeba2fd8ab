// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.gss;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;

/** ONC RPC over a plain TCP socket (RFC 5531, section 11). One thread. */
public final class TcpWire implements Wire, AutoCloseable {

    private static final int LAST_FRAGMENT = 0x80000000;
    private static final int MAX_MESSAGE = 4 << 20;
    private static final int PATIENCE_MILLIS = 60_000;

    private final Socket socket;
    private final DataInputStream in;

    public TcpWire(InetSocketAddress server) throws IOException {
        socket = new Socket(server.getAddress(), server.getPort());
        socket.setSoTimeout(PATIENCE_MILLIS);
        in = new DataInputStream(socket.getInputStream());
    }

    @Override
    public byte[] exchange(byte[] call) throws IOException {
        send(call);
        return receive();
    }

    public void send(byte[] message) throws IOException {
        socket.getOutputStream().write(ByteBuffer.allocate(4 + message.length).putInt(LAST_FRAGMENT | message.length).put(message).array());
    }

    public byte[] receive() throws IOException {
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        int mark;
        do {
            mark = in.readInt();
            int length = mark & ~LAST_FRAGMENT;
            if (length + message.size() > MAX_MESSAGE) {
                throw new IOException("record of " + length + " bytes");
            }
            byte[] fragment = in.readNBytes(length);
            if (fragment.length < length) {
                throw new EOFException("record ended early");
            }
            message.write(fragment);
        } while ((mark & LAST_FRAGMENT) == 0);
        return message.toByteArray();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
