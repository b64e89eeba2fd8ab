// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.app.failures;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rpc.OncRpcClient;
import org.dcache.oncrpc4j.rpc.OncRpcSvc;
import org.dcache.oncrpc4j.rpc.OncRpcSvcBuilder;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;

/** Places where no connection comes about: nobody listens or answers, the own port is taken, the client is not one or does not run. */
final class ConnectFailures {

    private final Map<String, Attempt> places;

    private ConnectFailures(Map<String, Attempt> places) {
        this.places = places;
    }

    static void addTo(Map<String, Attempt> places) throws IOException {
        new ConnectFailures(places).add();
    }

    private void add() throws IOException {
        int closed = closedPort();
        connect("connect: refused", Site.service("client"), new InetSocketAddress("127.0.0.1", closed), 0);
        connect("connect: refused, with a time-out", Site.service("client"), new InetSocketAddress("127.0.0.1", closed), 5000);
        connect("connect: unknown host", Site.service("client"), InetSocketAddress.createUnresolved("no.such.host.invalid", 2000), 0);
        connect("connect: unreachable network", Site.service("client"), new InetSocketAddress("255.255.255.255", 2000), 0);
        connectToFullPort("connect: no answer in time", (client, to) -> client.connect(to, 300, TimeUnit.MILLISECONDS));
        for (boolean closes : new boolean[] {true, false}) {
            places.put("connect: a peer that " + (closes ? "closes at once" : "accepts and says nothing"), () -> {
                OncRpcSvc client = Site.service("client").withClientMode().build();
                try (ServerSocket peer = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                    client.start();
                    Thread acceptor = new Thread(() -> {
                        try {
                            Socket accepted = peer.accept();
                            if (closes) {
                                accepted.close();
                            }
                        } catch (IOException e) {
                            // the place has been visited
                        }
                    });
                    acceptor.setDaemon(true);
                    acceptor.start();
                    client.connect((InetSocketAddress) peer.getLocalSocketAddress(), 500, TimeUnit.MILLISECONDS);
                } finally {
                    client.stop();
                }
            });
        }
        connectToFullPort("connect: interrupted", (client, to) -> {
            Thread.currentThread().interrupt();
            try {
                client.connect(to);
            } finally {
                Failures.stillInterrupted();
            }
        });
        places.put("connect: own port is taken", () -> {
            try (Site site = new Site(); ServerSocket taken = new ServerSocket(0, 1)) {
                OncRpcSvc client = Site.service("client").withClientMode().withPort(taken.getLocalPort()).build();
                try {
                    client.start();
                    client.connect(site.server.getInetSocketAddress(IpProtocolType.TCP));
                } finally {
                    client.stop();
                }
            }
        });
        places.put("connect: own port leads to a second server", () -> {
            int own = closedPort();
            try (Site one = new Site(); Site other = new Site()) {
                OncRpcSvc client = Site.service("client").withClientMode().withPort(own).build();
                try {
                    client.start();
                    client.connect(one.server.getInetSocketAddress(IpProtocolType.TCP));
                    client.connect(other.server.getInetSocketAddress(IpProtocolType.TCP));
                } finally {
                    client.stop();
                }
            }
        });
        places.put("connect: client never started", () -> {
            try (Site site = new Site()) {
                Site.service("client").withClientMode().build().connect(site.server.getInetSocketAddress(IpProtocolType.TCP), 2,
                        TimeUnit.SECONDS);
            }
        });
        places.put("connect: client was stopped", () -> {
            try (Site site = new Site()) {
                OncRpcSvc client = Site.service("client").withClientMode().build();
                client.start();
                client.stop();
                client.connect(site.server.getInetSocketAddress(IpProtocolType.TCP), 2, TimeUnit.SECONDS);
            }
        });
        places.put("connect: refused, through OncRpcClient", () -> {
            try (OncRpcClient client = new OncRpcClient(InetAddress.getLoopbackAddress(), IpProtocolType.TCP, closed)) {
                client.connect();
            }
        });
        places.put("connect: a service without client mode", () -> {
            try (Site site = new Site()) {
                site.server.connect(site.server.getInetSocketAddress(IpProtocolType.TCP), 2, TimeUnit.SECONDS);
            }
        });
    }

    private static int closedPort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private void connect(String place, OncRpcSvcBuilder builder, InetSocketAddress to, long millis) {
        places.put(place, () -> {
            OncRpcSvc client = builder.withClientMode().build();
            try {
                client.start();
                if (millis > 0) {
                    client.connect(to, millis, TimeUnit.MILLISECONDS);
                } else {
                    client.connect(to);
                }
            } finally {
                client.stop();
            }
        });
    }

    private interface Connecting {
        void connect(OncRpcSvc client, InetSocketAddress to) throws Exception;
    }

    /** To a port that accepts no more connections, because its backlog is full. */
    private void connectToFullPort(String place, Connecting connecting) {
        places.put(place, () -> {
            List<Socket> held = new ArrayList<>();
            OncRpcSvc client = Site.service("client").withClientMode().build();
            try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                fill((InetSocketAddress) full.getLocalSocketAddress(), held);
                client.start();
                connecting.connect(client, new InetSocketAddress("127.0.0.1", full.getLocalPort()));
            } finally {
                client.stop();
                for (Socket each : held) {
                    each.close();
                }
            }
        });
    }

    private static void fill(InetSocketAddress port, List<Socket> held) {
        for (int i = 0; i < 10; i++) {
            Socket socket = new Socket();
            held.add(socket);
            try {
                socket.connect(port, 200);
            } catch (IOException e) {
                return;
            }
        }
    }
}
