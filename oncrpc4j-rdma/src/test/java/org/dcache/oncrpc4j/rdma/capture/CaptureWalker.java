// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Walks a capture from its first frame to its last and shows a {@link CaptureListener} what is in it. Every connection must be there from its
 * SYN on. Any byte of a connection that is not explained ends the walk with a {@link CaptureException}.
 */
public final class CaptureWalker {

    private record Key(InetSocketAddress client, InetSocketAddress server) {}

    private static final class Connection {
        final TcpStream toServer;
        final TcpStream toClient;
        final IwarpStream fromClient;
        final IwarpStream fromServer;

        Connection(CaptureListener listener) {
            RpcRdmaConnection rpc = new RpcRdmaConnection(listener);
            fromClient = new IwarpStream(Direction.TO_SERVER, listener, new RdmapStream(Direction.TO_SERVER, listener, rpc));
            fromServer = new IwarpStream(Direction.TO_CLIENT, listener, new RdmapStream(Direction.TO_CLIENT, listener, rpc));
            fromClient.pairWith(fromServer);
            fromServer.pairWith(fromClient);
            toServer = new TcpStream(fromClient::bytes);
            toClient = new TcpStream(fromServer::bytes);
        }
    }

    private final int port;
    private final CaptureListener listener;
    private final Map<Key, Connection> open = new HashMap<>();
    private final List<Connection> all = new ArrayList<>();

    /**
     * @param port the server's; other connections are passed over. 0: all are walked
     */
    public CaptureWalker(int port, CaptureListener listener) {
        this.port = port;
        this.listener = listener;
    }

    /** Walks the rest of the file. The file stays open. */
    public void walk(PcapFile file) throws IOException {
        for (PcapFile.Frame frame = file.next(); frame != null; frame = file.next()) {
            TcpSegment segment = TcpSegment.of(frame);
            if (segment != null) {
                segment(segment);
            }
        }
        end();
    }

    /** Takes one segment; any order within a connection, after its SYN. */
    public void segment(TcpSegment s) {
        if (port != 0 && s.source().getPort() != port && s.destination().getPort() != port) {
            return;
        }
        Key forward = new Key(s.source(), s.destination());
        if (s.syn() && !s.ack() && !open.containsKey(forward)) {
            Connection connection = new Connection(listener);
            open.put(forward, connection);
            all.add(connection);
        }
        Connection client = open.get(forward);
        Connection server = open.get(new Key(s.destination(), s.source()));
        if (client == null && server == null && s.payload().hasRemaining()) {
            throw new CaptureException(s.frame(), "the capture began after this connection; its SYN is not there");
        }
        if (s.payload().hasRemaining()) {
            listener.segment(s);
        }
        if (client != null) {
            client.toServer.segment(s);
        } else if (server != null) {
            server.toClient.segment(s);
        }
    }

    /** Fails when a stream has a hole, or ends within an FPDU or message. */
    public void end() {
        for (Connection c : all) {
            c.toServer.checkComplete();
            c.toClient.checkComplete();
            c.fromClient.end();
            c.fromServer.end();
            listener.streamEnd(Direction.TO_SERVER, c.toServer.length());
            listener.streamEnd(Direction.TO_CLIENT, c.toClient.length());
        }
    }
}
