// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.harness;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Stands between a client and a server and keeps what one TCP connection carries, so that our own traffic can be looked at like a
 * capture. Bytes are kept before they are passed on: what causes something always stands before it. Sockets are kept small and reads odd,
 * so that FPDUs arrive in pieces. One connection, then done.
 */
public final class RecordingRelay implements Closeable {

    private final ServerSocket listener;
    private final InetSocketAddress target;
    private final List<Piece> pieces = new ArrayList<>();
    private final List<Socket> sockets = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private Throwable failure;

    /** What one read gave. */
    public record Piece(boolean toServer, byte[] bytes) {}

    public RecordingRelay(InetSocketAddress target) throws IOException {
        this.target = target;
        listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        start("relay accept", this::accept);
    }

    /** Where the client connects to. */
    public InetSocketAddress address() {
        return (InetSocketAddress) listener.getLocalSocketAddress();
    }

    /** Waits until both directions have ended; then all pieces in the order in which they came. */
    public List<Piece> pieces() throws InterruptedException {
        for (int i = 0; i < 3; i++) {
            Thread thread;
            synchronized (this) {
                thread = i < threads.size() ? threads.get(i) : null;
            }
            if (thread != null) {
                thread.join(20_000);
                if (thread.isAlive()) {
                    throw new IllegalStateException(thread.getName() + " has not ended: the connection is still open");
                }
            }
        }
        if (failure != null) {
            throw new IllegalStateException("the relay broke", failure);
        }
        synchronized (pieces) {
            return List.copyOf(pieces);
        }
    }

    private void accept() throws IOException {
        Socket client = listener.accept();
        Socket server = new Socket(target.getAddress(), target.getPort());
        synchronized (this) {
            sockets.add(client);
            sockets.add(server);
        }
        client.setTcpNoDelay(true);
        server.setTcpNoDelay(true);
        start("relay to server", () -> copy(client, server, true));
        start("relay to client", () -> copy(server, client, false));
    }

    private void copy(Socket from, Socket to, boolean toServer) throws IOException {
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream();
        byte[] bytes = new byte[30_011];
        for (int n = in.read(bytes); n >= 0; n = in.read(bytes)) {
            byte[] copy = Arrays.copyOf(bytes, n);
            synchronized (pieces) {
                pieces.add(new Piece(toServer, copy));
            }
            out.write(copy);
        }
        to.shutdownOutput();
    }

    private interface Work {
        void run() throws IOException;
    }

    private synchronized void start(String name, Work work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (IOException e) {
                fail(e);
            }
        }, name);
        thread.setDaemon(true);
        threads.add(thread);
        thread.start();
    }

    private synchronized void fail(IOException e) {
        if (failure == null) {
            failure = e;
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        synchronized (this) {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }
}
