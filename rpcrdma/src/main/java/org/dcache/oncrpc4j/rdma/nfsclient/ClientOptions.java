// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfsclient;

import java.net.InetSocketAddress;
import java.time.Duration;
import org.dcache.oncrpc4j.rpc.RpcAuth;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeNone;

/**
 * How a client reaches its server. Immutable.
 *
 * @param server address and port of NFS
 * @param mountPort port of MOUNT on the same host
 * @param credential of every call
 * @param connections that calls are spread over (Linux: {@code nconnect}), 1 to 16
 * @param callTimeout time within which a reply must come; else the connection is closed and the call repeated (Linux: {@code timeo}, 60 s)
 * @param giveUpAfter time after which a call that finds no server fails (Linux: {@code soft} with {@code retrans}); counted from the call's
 *        begin
 * @param firstPause before the second attempt to connect; the first one is made at once. Doubles with each attempt
 * @param longestPause between two attempts
 */
public record ClientOptions(InetSocketAddress server, int mountPort, RpcAuth credential, int connections, Duration callTimeout,
        Duration giveUpAfter, Duration firstPause, Duration longestPause) {

    private static final int MOST_CONNECTIONS = 16;

    public ClientOptions {
        if (server.isUnresolved()) {
            throw new IllegalArgumentException("server: expected an address or a name that is known here, got " + server);
        }
        if (connections < 1 || connections > MOST_CONNECTIONS) {
            throw new IllegalArgumentException("connections: expected 1 to " + MOST_CONNECTIONS + ", got " + connections);
        }
        if (callTimeout.toMillis() < 1 || giveUpAfter.isNegative() || firstPause.toMillis() < 1 || longestPause.compareTo(firstPause) < 0) {
            throw new IllegalArgumentException("expected positive times and a longest pause no shorter than the first, got call time-out "
                    + callTimeout + ", give up after " + giveUpAfter + ", pauses " + firstPause + " to " + longestPause);
        }
    }

    /** Linux's times, one connection, AUTH_NONE, MOUNT on NFS's own port. */
    public static ClientOptions of(InetSocketAddress server) {
        return new ClientOptions(server, server.getPort(), new RpcAuthTypeNone(), 1, Duration.ofSeconds(60), Duration.ofMinutes(5),
                Duration.ofMillis(100), Duration.ofSeconds(10));
    }

    public ClientOptions mountPort(int port) {
        return new ClientOptions(server, port, credential, connections, callTimeout, giveUpAfter, firstPause, longestPause);
    }

    public ClientOptions credential(RpcAuth auth) {
        return new ClientOptions(server, mountPort, auth, connections, callTimeout, giveUpAfter, firstPause, longestPause);
    }

    public ClientOptions connections(int n) {
        return new ClientOptions(server, mountPort, credential, n, callTimeout, giveUpAfter, firstPause, longestPause);
    }

    public ClientOptions times(Duration call, Duration giveUp) {
        return new ClientOptions(server, mountPort, credential, connections, call, giveUp, firstPause, longestPause);
    }

    public ClientOptions pauses(Duration first, Duration longest) {
        return new ClientOptions(server, mountPort, credential, connections, callTimeout, giveUpAfter, first, longest);
    }

    /** @return how long to wait before an attempt to connect, after this number of attempts since the server's last answer */
    Duration pause(int attempts) {
        if (attempts == 0) {
            return Duration.ZERO;
        }
        int doublings = Math.min(attempts - 1, 20);
        Duration pause = firstPause.multipliedBy(1L << doublings);
        return pause.compareTo(longestPause) < 0 ? pause : longestPause;
    }
}
