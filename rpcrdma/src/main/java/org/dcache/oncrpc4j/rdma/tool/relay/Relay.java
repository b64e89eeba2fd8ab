// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.relay;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * Passes the bytes of TCP connections on to a port of this host, unchanged, and shows them to a {@link Tap} for each connection, which may
 * also end it. Two daemon threads for each connection, made for a handful of them at a time. A direction that ends is ended at the other
 * side too; one that breaks takes the connection with it. {@link #close} ends everything.
 */
public final class Relay implements AutoCloseable {

    private static final int CHUNK = 256 << 10;

    private final InetAddress loopback = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
    private final ServerSocket listener = new ServerSocket(0, 64, loopback);
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final Supplier<? extends Tap> taps;
    private volatile int target;
    private volatile boolean closed;

    /**
     * @param target port on 127.0.0.1 to connect to, for each connection that is accepted
     * @param taps asked once for each connection that was made on both sides, by one thread
     */
    public Relay(int target, Supplier<? extends Tap> taps) throws IOException {
        this.target = target;
        this.taps = taps;
        daemon(this::accept, "relay");
    }

    /** On 127.0.0.1, for clients. */
    public int port() {
        return listener.getLocalPort();
    }

    /** Where connections go that are made from now on. */
    public void target(int port) {
        target = port;
    }

    private void accept() {
        while (!closed) {
            try {
                join(listener.accept());
            } catch (IOException e) {
                // closed, or a client that was gone before it was here
            }
        }
    }

    private void join(Socket client) throws IOException {
        Socket server;
        try {
            server = new Socket(loopback, target);
        } catch (IOException e) {
            end(client);
            return;
        }
        sockets.add(client);
        sockets.add(server);
        if (closed) {
            end(client);
            end(server);
            return;
        }
        client.setTcpNoDelay(true);
        server.setTcpNoDelay(true);
        Tap tap = taps.get();
        AtomicInteger directions = new AtomicInteger(2);
        daemon(() -> pass(client, server, tap::toServer, directions), "relay to server");
        daemon(() -> pass(server, client, tap::toClient, directions), "relay to client");
    }

    private interface Look {
        Tap.Verdict at(byte[] bytes, int offset, int length);
    }

    private void pass(Socket from, Socket to, Look look, AtomicInteger directions) {
        byte[] buffer = new byte[CHUNK];
        try {
            for (int n = from.getInputStream().read(buffer); n >= 0; n = from.getInputStream().read(buffer)) {
                if (to.isOutputShutdown()) {
                    // Finished: what still comes is read, since closing a socket with unread bytes resets it.
                    continue;
                }
                switch (look.at(buffer, 0, n)) {
                    case PASS -> to.getOutputStream().write(buffer, 0, n);
                    case FINISH -> {
                        from.shutdownOutput();
                        to.shutdownOutput();
                    }
                    case RESET -> {
                        from.setSoLinger(true, 0);
                        to.setSoLinger(true, 0);
                        end(from);
                        end(to);
                    }
                }
            }
            if (!to.isOutputShutdown()) {
                to.shutdownOutput();
            }
            if (directions.decrementAndGet() == 0) {
                end(from);
                end(to);
            }
        } catch (IOException e) {
            end(from);
            end(to);
        }
    }

    private static void daemon(Runnable body, String name) {
        Thread thread = new Thread(body, name);
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        closed = true;
        listener.close();
        sockets.forEach(this::end);
    }

    private void end(Socket socket) {
        sockets.remove(socket);
        try {
            socket.close();
        } catch (IOException e) {
            // it is gone either way
        }
    }
}
