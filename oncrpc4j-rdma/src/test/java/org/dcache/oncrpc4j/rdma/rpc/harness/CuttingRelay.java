// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.harness;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Stands between client and server and ends connections at a given byte, whichever direction it goes: in good order on one side and by a
 * reset on the other, or the other way round. One thread accepts, two copy for each connection. {@link #next} says where the next
 * connection is cut.
 */
public final class CuttingRelay implements AutoCloseable {

    private final InetSocketAddress target;
    private final ServerSocket listener = new ServerSocket(0, 1000, InetAddress.getLoopbackAddress());
    private final ExecutorService threads = Executors.newCachedThreadPool(r -> {
        Thread thread = new Thread(r, "cutting relay");
        thread.setDaemon(true);
        return thread;
    });
    private volatile long cutAt;
    private volatile boolean resetClient;

    public CuttingRelay(InetSocketAddress target) throws IOException {
        this.target = target;
        threads.execute(this::accept);
    }

    public InetSocketAddress address() {
        return (InetSocketAddress) listener.getLocalSocketAddress();
    }

    /** For the connection that is accepted next; one at a time. */
    public void next(long bytes, boolean reset) {
        cutAt = bytes;
        resetClient = reset;
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                new Cut(listener.accept(), new Socket(target.getAddress(), target.getPort()), cutAt, resetClient).start();
            } catch (IOException e) {
                // Closed, or the server refuses: the client notices.
            }
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        threads.shutdownNow();
    }

    /** One connection. */
    private final class Cut {
        private final Socket client;
        private final Socket server;
        private final boolean reset;
        private long left;

        Cut(Socket client, Socket server, long bytes, boolean reset) {
            this.client = client;
            this.server = server;
            this.left = bytes;
            this.reset = reset;
        }

        void start() {
            threads.execute(() -> copy(client, server));
            threads.execute(() -> copy(server, client));
        }

        private synchronized int take(int bytes) {
            int taken = (int) Math.min(left, bytes);
            left -= taken;
            return taken;
        }

        private void copy(Socket from, Socket to) {
            byte[] bytes = new byte[8192];
            try {
                from.setTcpNoDelay(true);
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream();
                for (int n = in.read(bytes); n >= 0; n = in.read(bytes)) {
                    int taken = take(n);
                    out.write(bytes, 0, taken);
                    if (taken < n) {
                        break;
                    }
                }
            } catch (IOException e) {
                // Cut by the other thread, or by an end: both ends below.
            }
            end(client, reset);
            end(server, !reset);
        }

        private void end(Socket socket, boolean byReset) {
            try {
                if (byReset) {
                    socket.setSoLinger(true, 0);
                }
                socket.close();
            } catch (IOException e) {
                // Closed already.
            }
        }
    }
}
