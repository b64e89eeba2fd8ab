// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.capture;

import java.net.InetSocketAddress;
import org.dcache.oncrpc4j.rdma.capture.CaptureProblem.Kind;

/**
 * One TCP connection of a capture, and what it takes to know whether it is iWARP: its listener is asked for when its first MPA frame came;
 * at the end, when it looks like iWARP without one; or, when it is on a port that carries nothing else, at the end in any case.
 *
 * <p>Where the capture has no SYN, who is the client is a guess until an MPA frame tells.
 */
final class CapturedConnection {

    private final CaptureDecoder.Opener opener;
    private final boolean insist;
    private final Moment first;
    private final TcpStream toServer;
    private final TcpStream toClient;
    private final MpaStream fromClient;
    private final MpaStream fromServer;
    private InetSocketAddress client;
    private InetSocketAddress server;
    private boolean swapped;
    private ConnectionListener listener;

    /**
     * @param client who opened it, as far as the first segment tells
     * @param insist whether it must be iWARP
     */
    CapturedConnection(Moment first, InetSocketAddress client, InetSocketAddress server, boolean insist, HoldBudget budget,
            CaptureDecoder.Opener opener) {
        this.first = first;
        this.client = client;
        this.server = server;
        this.insist = insist;
        this.opener = opener;
        fromClient = new MpaStream(Direction.TO_SERVER, this, budget);
        fromServer = new MpaStream(Direction.TO_CLIENT, this, budget);
        fromClient.pairWith(fromServer);
        fromServer.pairWith(fromClient);
        toServer = new TcpStream(fromClient, budget);
        toClient = new TcpStream(fromServer, budget);
    }

    Moment first() {
        return first;
    }

    void segment(TcpSegment s) {
        (isFromFirst(s) ? toServer : toClient).segment(s);
    }

    /** Whether it comes from whom the first segment made the client. */
    private boolean isFromFirst(TcpSegment s) {
        return s.source().equals(swapped ? server : client);
    }

    /** Whether a SYN opens another connection between the same ends. */
    boolean isReopenedBy(TcpSegment syn) {
        return isFromFirst(syn) ? toServer.isOther(syn.sequence()) : true;
    }

    /** The listener; opens it. */
    ConnectionListener listener() {
        if (listener == null) {
            listener = opener.open(first, client, server);
        }
        return listener;
    }

    boolean isOpen() {
        return listener != null;
    }

    /** Whether client and server may still change places. */
    boolean maySwap() {
        return !swapped && !toServer.isFromSyn() && !toClient.isFromSyn() && !fromClient.isFrameSeen() && !fromServer.isFrameSeen();
    }

    void swap() {
        swapped = true;
        InetSocketAddress other = client;
        client = server;
        server = other;
        fromClient.direction(Direction.TO_CLIENT);
        fromServer.direction(Direction.TO_SERVER);
    }

    void end() {
        toServer.end();
        toClient.end();
        fromClient.end();
        fromServer.end();
        if (listener == null && (insist || fromClient.isLikely() || fromServer.isLikely())
                && fromClient.unknown() + fromServer.unknown() > 0) {
            listener();
        }
        if (listener == null) {
            return;
        }
        end(swapped ? fromServer : fromClient, Direction.TO_SERVER, (swapped ? toClient : toServer).length());
        end(swapped ? fromClient : fromServer, Direction.TO_CLIENT, (swapped ? toServer : toClient).length());
        listener.end();
    }

    private void end(MpaStream stream, Direction direction, long length) {
        if (stream.unknown() > 0) {
            listener.problem(new CaptureProblem(Kind.NO_MPA, stream.last(), direction, stream.unknown(), "no MPA frame begins the stream "
                    + direction + ": the capture began later, or this is no iWARP; " + stream.unknown() + " bytes are not decoded"));
        }
        listener.streamEnd(direction, length);
    }
}
