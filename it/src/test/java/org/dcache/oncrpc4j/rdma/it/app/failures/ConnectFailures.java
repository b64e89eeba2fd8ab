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
        places.put("connect: no answer in time", () -> {
            List<AutoCloseable> held = new ArrayList<>();
            OncRpcSvc client = Site.service("client").withClientMode().build();
            try {
                int port = closedPort();
                withFullPort(port, held);
                client.start();
                client.connect(new InetSocketAddress("127.0.0.1", port), 300, TimeUnit.MILLISECONDS);
            } finally {
                client.stop();
                closeAll(held);
            }
        });
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
        places.put("connect: interrupted", () -> {
            List<AutoCloseable> held = new ArrayList<>();
            OncRpcSvc client = Site.service("client").withClientMode().build();
            try {
                int port = closedPort();
                withFullPort(port, held);
                client.start();
                Thread.currentThread().interrupt();
                client.connect(new InetSocketAddress("127.0.0.1", port));
            } finally {
                Failures.stillInterrupted();
                client.stop();
                closeAll(held);
            }
        });
        places.put("connect: own port is taken", () -> {
            List<AutoCloseable> held = new ArrayList<>();
            ServerSocket taken = new ServerSocket(0, 1);
            held.add(taken);
            OncRpcSvc server = Site.service("server").withRpcService(Site.PROGRAM, c -> { }).build();
            OncRpcSvc client = Site.service("client").withClientMode().withPort(taken.getLocalPort()).build();
            try {
                server.start();
                client.start();
                client.connect(server.getInetSocketAddress(IpProtocolType.TCP));
            } finally {
                client.stop();
                server.stop();
                closeAll(held);
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

    /** Makes a port that accepts no more connections, because its backlog is full. */
    private static void withFullPort(int port, List<AutoCloseable> held) throws IOException {
        ServerSocket full = new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
        held.add(full);
        for (int i = 0; i < 10; i++) {
            Socket socket = new Socket();
            held.add(socket);
            try {
                socket.connect(full.getLocalSocketAddress(), 200);
            } catch (IOException e) {
                return;
            }
        }
    }

    private static void closeAll(List<AutoCloseable> held) throws Exception {
        for (AutoCloseable each : held) {
            each.close();
        }
    }
}
