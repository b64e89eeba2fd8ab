// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.demo;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Passes the bytes of TCP connections on to a port of this host, unchanged, and shows them to a {@link StreamWitness} for each direction.
 * Two daemon threads for each connection, made for a handful of them. A direction that ends is ended at the other side too; one that breaks
 * takes the connection with it. {@link #close} ends everything; the witnesses stay readable.
 */
final class Relay implements AutoCloseable {

    private static final int CHUNK = 256 << 10;

    /** Both directions of a connection, as seen from who connected. */
    record Witnesses(StreamWitness toServer, StreamWitness toClient) {}

    private final InetAddress loopback = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
    private final ServerSocket listener = new ServerSocket(0, 16, loopback);
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final List<Witnesses> seen = new CopyOnWriteArrayList<>();
    private final int target;

    /**
     * @param target port on 127.0.0.1 to connect to, for each connection that is accepted
     */
    Relay(int target) throws IOException {
        this.target = target;
        daemon(this::accept, "relay");
    }

    int port() {
        return listener.getLocalPort();
    }

    /** What was seen, for each connection in the order of their making. */
    List<Witnesses> seen() {
        return new ArrayList<>(seen);
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listener.accept();
                sockets.add(client);
                Socket server;
                try {
                    server = new Socket(loopback, target);
                } catch (IOException e) {
                    client.close();
                    continue;
                }
                sockets.add(server);
                client.setTcpNoDelay(true);
                server.setTcpNoDelay(true);
                Witnesses witnesses = new Witnesses(new StreamWitness(), new StreamWitness());
                seen.add(witnesses);
                daemon(() -> pass(client, server, witnesses.toServer()), "relay to server");
                daemon(() -> pass(server, client, witnesses.toClient()), "relay to client");
            }
        } catch (IOException e) {
            // closed
        }
    }

    private static void pass(Socket from, Socket to, StreamWitness witness) {
        byte[] buffer = new byte[CHUNK];
        try {
            for (int n = from.getInputStream().read(buffer); n >= 0; n = from.getInputStream().read(buffer)) {
                witness.feed(buffer, 0, n);
                to.getOutputStream().write(buffer, 0, n);
            }
            to.shutdownOutput();
        } catch (IOException e) {
            closeQuietly(from);
            closeQuietly(to);
        }
    }

    private static void daemon(Runnable body, String name) {
        Thread thread = new Thread(body, name);
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        listener.close();
        sockets.forEach(Relay::closeQuietly);
    }

    private static void closeQuietly(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // it is gone either way
        }
    }
}
