// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Gives each TCP segment of a capture to its connection, and shows those that are iWARP to a listener each. Segments come in the order of
 * the capture; {@link #end} comes last. At most {@value #MAX_CONNECTIONS} connections are kept at a time: the one that was silent for
 * longest ends then.
 */
public final class CaptureDecoder {

    /** Opens the listener of a connection, once it is known to be iWARP. */
    @FunctionalInterface
    public interface Opener {
        /**
         * @param first where the connection's first segment stands
         * @param client who sent the MPA Request, or opened the connection
         */
        ConnectionListener open(Moment first, InetSocketAddress client, InetSocketAddress server);
    }

    private static final int MAX_CONNECTIONS = 1 << 14;
    /** NFS over RDMA (RFC 8267, 6). */
    private static final int NFS_RDMA_PORT = 20049;

    /** The two ends, in an order of their own. Comparable, so that a map of chosen addresses is not slow. */
    private record Ends(InetSocketAddress low, InetSocketAddress high) implements Comparable<Ends> {

        private static final Comparator<InetSocketAddress> BY_PORT = Comparator.comparingInt(InetSocketAddress::getPort);
        private static final Comparator<InetSocketAddress> ORDER =
                BY_PORT.thenComparing((a, b) -> Arrays.compare(a.getAddress().getAddress(), b.getAddress().getAddress()));

        static Ends of(TcpSegment s) {
            return ORDER.compare(s.source(), s.destination()) <= 0 ? new Ends(s.source(), s.destination())
                    : new Ends(s.destination(), s.source());
        }

        @Override
        public int compareTo(Ends other) {
            int first = ORDER.compare(low, other.low);
            return first != 0 ? first : ORDER.compare(high, other.high);
        }
    }

    private final int port;
    private final HoldBudget budget;
    private final Opener opener;
    private final Map<Ends, CapturedConnection> connections = new LinkedHashMap<>(16, 0.75f, true);

    /**
     * A decoder of one capture.
     *
     * @param port the server's: connections on it must be iWARP, others are passed over. 0: iWARP is found on any port
     * @param budget memory for all connections together
     */
    public CaptureDecoder(int port, HoldBudget budget, Opener opener) {
        this.port = port;
        this.budget = budget;
        this.opener = opener;
    }

    /** Takes one segment. */
    public void segment(TcpSegment s) {
        if (port != 0 && s.source().getPort() != port && s.destination().getPort() != port) {
            return;
        }
        Ends ends = Ends.of(s);
        CapturedConnection connection = connections.get(ends);
        if (connection != null && s.syn() && !s.ack() && connection.isReopenedBy(s)) {
            connections.remove(ends);
            connection.end();
            connection = null;
        }
        if (connection == null) {
            boolean fromClient = isFromClient(s);
            connection = new CapturedConnection(s.at(), fromClient ? s.source() : s.destination(),
                    fromClient ? s.destination() : s.source(), port != 0, budget, opener);
            connections.put(ends, connection);
            makeRoom();
        }
        connection.segment(s);
    }

    private boolean isFromClient(TcpSegment s) {
        if (s.syn()) {
            return !s.ack();
        }
        int known = port == 0 ? NFS_RDMA_PORT : port;
        if (s.source().getPort() == known || s.destination().getPort() == known) {
            return s.destination().getPort() == known;
        }
        return s.source().getPort() >= s.destination().getPort();
    }

    private void makeRoom() {
        if (connections.size() > MAX_CONNECTIONS) {
            var eldest = connections.entrySet().iterator();
            CapturedConnection silent = eldest.next().getValue();
            eldest.remove();
            silent.end();
        }
    }

    /** Ends all connections, in the order in which they began. */
    public void end() {
        List<CapturedConnection> all = connections.values().stream().sorted(Comparator.comparingInt(c -> c.first().frame())).toList();
        connections.clear();
        all.forEach(CapturedConnection::end);
    }
}
