// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import org.dcache.oncrpc4j.rdma.tool.app.Console;

/**
 * The server JVM of the limit: answers one connection of {@link LimitClientMain} with bare FPDUs, in one thread, until it is closed.
 * Argument: bind address; further ones are ignored.
 */
public final class LimitServerMain {

    private LimitServerMain() {}

    public static void main(String[] args) throws Exception {
        Console console = new Console(Message.MARK);
        ServerSocketChannel listener = ServerSocketChannel.open().bind(new InetSocketAddress(args[0], 0));
        Thread thread = new Thread(() -> accept(listener), "bench limit");
        thread.setDaemon(true);
        thread.start();
        Server.serve(console, ((InetSocketAddress) listener.getLocalAddress()).getPort());
    }

    private static void accept(ServerSocketChannel listener) {
        try (listener; SocketChannel socket = listener.accept().setOption(StandardSocketOptions.TCP_NODELAY, true)) {
            BareFpdus stream = new BareFpdus(socket);
            boolean exactly = false;
            while (true) {
                exactly = serve(stream, exactly);
            }
        } catch (EOFException e) {
            // The client has closed the connection.
        } catch (IOException e) {
            System.err.println("bench limit: " + e);
        }
    }

    /** @return whether the next call is likely to be followed by data that must not be read together with it, because that needs a copy */
    private static boolean serve(BareFpdus stream, boolean exactly) throws IOException {
        ByteBuffer call = stream.take(exactly);
        Operation operation = Operation.values()[call.getInt(0)];
        int size = call.getInt(4);
        BareFpdus.Terms terms = LimitClientMain.terms(call.getInt(8));
        switch (operation) {
            case NULL -> stream.put(0, 0, 0);
            case READ -> stream.send(size, terms);
            case WRITE -> {
                stream.receive(size, terms);
                stream.put(0, 0, 0);
            }
        }
        return operation == Operation.WRITE && terms.direct();
    }
}
