// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.handshake;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Set;

/** A socket from which given bytes can be read, a few at a time, and then nothing or the end. Everything else is an error. */
final class BytesChannel extends SocketChannel {

    private byte[] data = new byte[0];
    private int at;
    private int end;
    private int piece;
    private int heapReads;

    BytesChannel() {
        super(null);
    }

    /** @param bytes at most that many come with one read; 0 is what a non-blocking socket says in between */
    BytesChannel of(byte[] content, int length, int bytes) {
        data = content;
        at = 0;
        end = length;
        piece = bytes;
        return this;
    }

    /** Bytes that were read. */
    int taken() {
        return at;
    }

    /** Reads for which the JDK would take direct memory of its own. */
    int heapReads() {
        return heapReads;
    }

    boolean isEmpty() {
        return at == end;
    }

    @Override
    public int read(ByteBuffer target) {
        heapReads += target.isDirect() ? 0 : 1;
        int n = Math.min(Math.min(piece, end - at), target.remaining());
        target.put(data, at, n);
        at += n;
        return n;
    }

    private static UnsupportedOperationException no() {
        return new UnsupportedOperationException("only read");
    }

    @Override
    public long read(ByteBuffer[] targets, int offset, int length) {
        throw no();
    }

    @Override
    public int write(ByteBuffer source) {
        throw no();
    }

    @Override
    public long write(ByteBuffer[] sources, int offset, int length) {
        throw no();
    }

    @Override
    public SocketChannel bind(SocketAddress local) {
        throw no();
    }

    @Override
    public <T> SocketChannel setOption(SocketOption<T> name, T value) {
        throw no();
    }

    @Override
    public <T> T getOption(SocketOption<T> name) {
        throw no();
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return Set.of();
    }

    @Override
    public SocketChannel shutdownInput() {
        throw no();
    }

    @Override
    public SocketChannel shutdownOutput() {
        throw no();
    }

    @Override
    public Socket socket() {
        throw no();
    }

    @Override
    public boolean isConnected() {
        return true;
    }

    @Override
    public boolean isConnectionPending() {
        return false;
    }

    @Override
    public boolean connect(SocketAddress remote) {
        throw no();
    }

    @Override
    public boolean finishConnect() {
        return true;
    }

    @Override
    public SocketAddress getRemoteAddress() {
        throw no();
    }

    @Override
    public SocketAddress getLocalAddress() {
        throw no();
    }

    @Override
    protected void implCloseSelectableChannel() throws IOException {}

    @Override
    protected void implConfigureBlocking(boolean block) {}
}
