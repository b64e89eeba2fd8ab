// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.app;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.CompletionHandler;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.dcache.oncrpc4j.rpc.OncRpcClient;
import org.dcache.oncrpc4j.rpc.OncRpcException;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.OncRpcSvc;
import org.dcache.oncrpc4j.rpc.OncRpcSvcBuilder;
import org.dcache.oncrpc4j.rpc.RpcAuthError;
import org.dcache.oncrpc4j.rpc.RpcAuthException;
import org.dcache.oncrpc4j.rpc.RpcAuthStat;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeNone;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcDispatchable;
import org.dcache.oncrpc4j.rpc.RpcReply;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;
import org.dcache.oncrpc4j.xdr.XdrAble;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;
import org.dcache.oncrpc4j.xdr.XdrInt;
import org.dcache.oncrpc4j.xdr.XdrOpaque;
import org.dcache.oncrpc4j.xdr.XdrVoid;

/**
 * Everything that can fail for an application of oncrpc4j, one after the other; it uses nothing but oncrpc4j, and which exceptions it sees
 * depends on the transport. For each place it prints {@code SEEN place: type < its supertypes | the same of its root cause | message}, or
 * {@code nothing} in place of that if there was no result for long, or {@code no exception}; in the end {@code TRANSPORT class} and {@code
 * DONE}. Arguments: the places to try, all if there is none; {@code serve} makes it the server that is killed.
 */
public final class Failures {

    private static final OncRpcProgram PROGRAM = new OncRpcProgram(0x20049, 1);
    private static final int REPLY = 1;
    private static final int HOLD = 2;
    private static final int THROW = 3;
    private static final int REJECT = 4;
    private static final int CALL_BACK = 5;
    private static final int CALL_BACK_AFTER_END = 6;
    private static final int IO_FAILURE = 7;
    private static final int ODD_VERSION = 8;
    private static final int LARGE = 9;
    private static final int THROW_ERROR = 10;
    private static final int UNENCODABLE = 11;

    /** How long to wait for the result of a place before the next one is tried, and in the end for all that are missing. */
    private static final long SOON_MILLIS = 1000;
    private static final long PATIENCE_MILLIS = 15_000;

    private interface Attempt {
        void run() throws Throwable;
    }

    private interface Fault {
        void inject(Site site) throws Exception;
    }

    private final Map<String, Attempt> places = new LinkedHashMap<>();

    /** A server and a client that is connected to it. */
    private static final class Site implements AutoCloseable, RpcDispatchable {

        final BlockingQueue<RpcCall> held = new LinkedBlockingQueue<>();
        final BlockingQueue<Object> fromProgram = new LinkedBlockingQueue<>();
        final OncRpcSvc server;
        final OncRpcSvc client;
        final RpcTransport transport;

        Site(boolean clientServes) throws IOException {
            server = service("server").withRpcService(PROGRAM, this).build();
            server.start();
            OncRpcSvcBuilder builder = service("client").withClientMode();
            if (clientServes) {
                builder.withRpcService(PROGRAM, this);
            }
            client = builder.build();
            client.start();
            transport = client.connect(server.getInetSocketAddress(IpProtocolType.TCP));
        }

        Site() throws IOException {
            this(false);
        }

        RpcCall call() {
            return call(PROGRAM.getNumber(), 1);
        }

        RpcCall call(int program, int version) {
            return new RpcCall(program, version, new RpcAuthTypeNone(), transport);
        }

        @Override
        public void dispatchOncRpcCall(RpcCall call) throws OncRpcException, IOException {
            switch (call.getProcedure()) {
                case 0 -> call.reply(XdrVoid.XDR_VOID);
                case REPLY -> {
                    XdrInt value = new XdrInt();
                    call.retrieveCall(value);
                    call.reply(value);
                }
                case HOLD -> held.add(call);
                case THROW -> throw new IllegalStateException("a defect of the program");
                case THROW_ERROR -> throw new AssertionError("a defect of the program");
                case UNENCODABLE -> call.reply(new BadArguments(false));
                case IO_FAILURE -> throw new IOException("a fault of the program");
                case REJECT -> throw new RpcAuthException("not you", new RpcAuthError(RpcAuthStat.AUTH_TOOWEAK));
                case LARGE -> call.reply(new XdrOpaque(new byte[3 << 20]));
                case ODD_VERSION -> call.failProgramMismatch(3, 4);
                case CALL_BACK, CALL_BACK_AFTER_END -> {
                    RpcCall back = new RpcCall(PROGRAM.getNumber(), 1, new RpcAuthTypeNone(), call.getTransport().getPeerTransport());
                    try {
                        if (call.getProcedure() == CALL_BACK_AFTER_END) {
                            while (call.getTransport().isOpen()) {
                                Thread.onSpinWait();
                            }
                        }
                        back.call(THROW, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
                        fromProgram.add("no exception");
                    } catch (IOException | RuntimeException e) {
                        fromProgram.add(e);
                    }
                    call.reply(XdrVoid.XDR_VOID);
                }
                default -> call.failProcedureUnavailable();
            }
        }

        @Override
        public void close() throws IOException {
            client.stop();
            server.stop();
        }
    }

    private static OncRpcSvcBuilder service(String name) {
        return new OncRpcSvcBuilder().withServiceName(name).withTCP().withoutAutoPublish().withBindAddress("127.0.0.1")
                .withWorkerThreadIoStrategy();
    }

    private static final class BadArguments implements XdrAble {
        private final boolean unchecked;

        BadArguments(boolean unchecked) {
            this.unchecked = unchecked;
        }

        @Override
        public void xdrDecode(XdrDecodingStream xdr) throws IOException {
            fail();
        }

        @Override
        public void xdrEncode(XdrEncodingStream xdr) throws IOException {
            xdr.xdrEncodeInt(1);
            fail();
        }

        private void fail() throws IOException {
            if (unchecked) {
                throw new IllegalStateException("cannot be encoded");
            }
            throw new java.io.CharConversionException("cannot be encoded");
        }
    }

    /** Decodes more than the reply has. */
    public static final class Greedy implements XdrAble {
        @Override
        public void xdrDecode(XdrDecodingStream xdr) throws IOException {
            for (int i = 0; i < 20; i++) {
                xdr.xdrDecodeInt();
            }
        }

        @Override
        public void xdrEncode(XdrEncodingStream xdr) {}
    }

    /** Cannot be decoded, by no fault of the reply. */
    public static class Stubborn implements XdrAble {
        @Override
        public void xdrDecode(XdrDecodingStream xdr) {
            throw new IllegalStateException("cannot be decoded");
        }

        @Override
        public void xdrEncode(XdrEncodingStream xdr) {}
    }

    /** Likewise, with an Error. */
    public static final class Hopeless extends Stubborn {
        @Override
        public void xdrDecode(XdrDecodingStream xdr) {
            throw new OutOfMemoryError("cannot be decoded");
        }
    }

    private static final class Heard implements CompletionHandler<RpcReply, RpcTransport> {
        final CompletableFuture<Throwable> first = new CompletableFuture<>();

        @Override
        public void completed(RpcReply reply, RpcTransport transport) {
            first.complete(null);
        }

        @Override
        public void failed(Throwable cause, RpcTransport transport) {
            first.complete(cause);
        }

        void rethrow() throws Throwable {
            Throwable cause = first.get();
            if (cause != null) {
                throw cause;
            }
        }
    }

    /** Each way to call, with a fault that is injected while the program holds the call, or before the call. */
    private void calls(String place, boolean waiting, Fault fault) {
        int procedure = waiting ? HOLD : REPLY;
        for (String way : new String[] {"synchronous", "synchronous with a time-out", "handler", "handler with a time-out", "future"}) {
            places.put(place + ", " + way, () -> {
                try (Site site = new Site()) {
                    site.call().call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
                    if (!waiting) {
                        fault.inject(site);
                    }
                    Heard heard = new Heard();
                    Future<?> future = null;
                    CompletableFuture<Throwable> caller = new CompletableFuture<>();
                    if (way.startsWith("handler")) {
                        if (way.endsWith("time-out")) {
                            site.call().call(procedure, new XdrInt(1), heard, 60, TimeUnit.SECONDS);
                        } else {
                            site.call().call(procedure, new XdrInt(1), heard);
                        }
                    } else if (way.equals("future")) {
                        future = site.call().call(procedure, new XdrInt(1), XdrInt.class);
                    } else {
                        Thread thread = new Thread(() -> {
                            try {
                                if (way.endsWith("time-out")) {
                                    site.call().call(procedure, new XdrInt(1), new XdrInt(), 60, TimeUnit.SECONDS);
                                } else {
                                    site.call().call(procedure, new XdrInt(1), new XdrInt());
                                }
                                caller.complete(null);
                            } catch (IOException | TimeoutException | RuntimeException e) {
                                caller.complete(e);
                            }
                        });
                        thread.setDaemon(true);
                        thread.start();
                    }
                    if (waiting) {
                        site.held.take();
                        fault.inject(site);
                    }
                    if (way.startsWith("handler")) {
                        heard.rethrow();
                    } else if (future != null) {
                        future.get();
                    } else {
                        Throwable cause = caller.get();
                        if (cause != null) {
                            throw cause;
                        }
                    }
                }
            });
        }
    }

    /** A reply that reports a failure, for each way to call. */
    private void replies(String place, int program, int version, int procedure, XdrAble argument, Class<? extends XdrAble> result) {
        places.put(place + ", synchronous", () -> {
            try (Site site = new Site()) {
                site.call(program, version).call(procedure, argument, result.getConstructor().newInstance());
            }
        });
        places.put(place + ", handler", () -> {
            try (Site site = new Site()) {
                Heard heard = new Heard();
                site.call(program, version).call(procedure, argument, heard);
                heard.rethrow();
            }
        });
        places.put(place + ", future", () -> {
            try (Site site = new Site()) {
                site.call(program, version).call(procedure, argument, result).get();
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

    private Failures() throws IOException {
        int closed = closedPort();
        connect("connect: refused", service("client"), new InetSocketAddress("127.0.0.1", closed), 0);
        connect("connect: refused, with a time-out", service("client"), new InetSocketAddress("127.0.0.1", closed), 5000);
        connect("connect: unknown host", service("client"), InetSocketAddress.createUnresolved("no.such.host.invalid", 2000), 0);
        connect("connect: unreachable network", service("client"), new InetSocketAddress("255.255.255.255", 2000), 0);
        places.put("connect: no answer in time", () -> {
            List<AutoCloseable> held = new ArrayList<>();
            OncRpcSvc client = service("client").withClientMode().build();
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
                OncRpcSvc client = service("client").withClientMode().build();
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
            OncRpcSvc client = service("client").withClientMode().build();
            try {
                int port = closedPort();
                withFullPort(port, held);
                client.start();
                Thread.currentThread().interrupt();
                client.connect(new InetSocketAddress("127.0.0.1", port));
            } finally {
                stillInterrupted();
                client.stop();
                closeAll(held);
            }
        });
        places.put("connect: own port is taken", () -> {
            List<AutoCloseable> held = new ArrayList<>();
            ServerSocket taken = new ServerSocket(0, 1);
            held.add(taken);
            OncRpcSvc server = service("server").withRpcService(PROGRAM, c -> { }).build();
            OncRpcSvc client = service("client").withClientMode().withPort(taken.getLocalPort()).build();
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
                OncRpcSvc client = service("client").withClientMode().withPort(own).build();
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
                service("client").withClientMode().build().connect(site.server.getInetSocketAddress(IpProtocolType.TCP), 2,
                        TimeUnit.SECONDS);
            }
        });
        places.put("connect: client was stopped", () -> {
            try (Site site = new Site()) {
                OncRpcSvc client = service("client").withClientMode().build();
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

        calls("call after the server stopped", false, site -> {
            site.server.stop();
            while (site.transport.isOpen()) {
                Thread.sleep(1);
            }
        });
        calls("call after the own client stopped", false, site -> {
            site.client.stop();
            while (site.transport.isOpen()) {
                Thread.sleep(1);
            }
        });
        calls("call that waits while the server stops", true, site -> site.server.stop());
        calls("call that waits while the server stops with a grace period", true, site -> {
            Thread stopper = new Thread(() -> {
                try {
                    site.server.stop(500, TimeUnit.MILLISECONDS);
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            stopper.setDaemon(true);
            stopper.start();
        });
        calls("call that waits while the own client stops", true, site -> site.client.stop());
        killed();
        timeOuts();

        int number = PROGRAM.getNumber();
        replies("reply: no such program", number + 1, 1, 0, XdrVoid.XDR_VOID, XdrInt.class);
        replies("reply: no such version", number, 7, 0, XdrVoid.XDR_VOID, XdrInt.class);
        replies("reply: version mismatch by the program", number, 1, ODD_VERSION, XdrVoid.XDR_VOID, XdrInt.class);
        replies("reply: no such procedure", number, 1, 99, XdrVoid.XDR_VOID, XdrInt.class);
        replies("reply: the program threw a RuntimeException", number, 1, THROW, XdrVoid.XDR_VOID, XdrInt.class);
        replies("reply: the program threw an IOException", number, 1, IO_FAILURE, XdrVoid.XDR_VOID, XdrInt.class);
        replies("reply: the program threw an Error", number, 1, THROW_ERROR, XdrVoid.XDR_VOID, XdrInt.class);
        replies("reply: a result that does not encode", number, 1, UNENCODABLE, XdrVoid.XDR_VOID, XdrInt.class);
        replies("reply: credential rejected", number, 1, REJECT, XdrVoid.XDR_VOID, XdrInt.class);
        replies("arguments that the program cannot decode", number, 1, REPLY, XdrVoid.XDR_VOID, XdrInt.class);
        replies("arguments that do not encode, IOException", number, 1, REPLY, new BadArguments(false), XdrInt.class);
        replies("arguments that do not encode, RuntimeException", number, 1, REPLY, new BadArguments(true), XdrInt.class);
        replies("result that does not decode", number, 1, REPLY, new XdrInt(1), Greedy.class);
        replies("result whose decoder throws a RuntimeException", number, 1, REPLY, new XdrInt(1), Stubborn.class);
        replies("result whose decoder throws an Error", number, 1, REPLY, new XdrInt(1), Hopeless.class);
        places.put("call after a handler threw a RuntimeException", () -> {
            try (Site site = new Site()) {
                CountDownLatch threw = new CountDownLatch(1);
                site.call().call(0, XdrVoid.XDR_VOID, new CompletionHandler<RpcReply, RpcTransport>() {
                    @Override
                    public void completed(RpcReply reply, RpcTransport transport) {
                        threw.countDown();
                        throw new IllegalStateException("a defect of the handler");
                    }

                    @Override
                    public void failed(Throwable cause, RpcTransport transport) {}
                });
                threw.await();
                Thread.sleep(200);
                site.call().call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
            }
        });

        replies("reply of 3 MiB", number, 1, LARGE, XdrVoid.XDR_VOID, XdrOpaque.class);

        places.put("callback to a client that serves nothing", () -> fromProgram(new Site(false), CALL_BACK));
        places.put("callback whose program threw", () -> fromProgram(new Site(true), CALL_BACK));
        places.put("callback to a client that has ended", () -> {
            Site site = new Site(true);
            site.call().call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
            site.call().call(CALL_BACK_AFTER_END, XdrVoid.XDR_VOID, new Heard());
            site.call().call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
            site.client.stop();
            thrown(site);
        });
        places.put("startTLS where TLS is not configured", () -> {
            try (Site site = new Site()) {
                site.transport.startTLS();
            }
        });
        places.put("an xid that is registered twice", () -> {
            try (Site site = new Site()) {
                site.transport.getReplyQueue().registerKey(5, site.transport.getLocalSocketAddress(), new Heard());
                site.transport.getReplyQueue().registerKey(5, site.transport.getLocalSocketAddress(), new Heard());
            }
        });
        places.put("start: the port is taken", () -> {
            try (Site site = new Site()) {
                OncRpcSvc second = service("second").withPort(site.server.getInetSocketAddress(IpProtocolType.TCP).getPort()).build();
                try {
                    second.start();
                } finally {
                    second.stop();
                }
            }
        });
        places.put("start: an address that is not ours", () -> {
            OncRpcSvc second = service("second").withBindAddress("192.0.2.1").build();
            try {
                second.start();
            } finally {
                second.stop();
            }
        });
        places.put("start: twice", () -> {
            try (Site site = new Site()) {
                site.server.start();
                site.call().call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
            }
        });
        places.put("start: client, twice", () -> {
            try (Site site = new Site()) {
                site.client.start();
                site.call().call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
            }
        });
        places.put("start: again after stop", () -> {
            try (Site site = new Site()) {
                site.server.stop();
                site.server.start();
            }
        });
        places.put("stop: twice", () -> {
            Site site = new Site();
            site.close();
            site.close();
        });
        places.put("stop: never started", () -> service("second").build().stop());
        places.put("stop with a grace period: never started", () -> service("second").build().stop(10, TimeUnit.MILLISECONDS));
    }

    private static void fromProgram(Site site, int procedure) throws Throwable {
        try (site) {
            site.call().call(procedure, XdrVoid.XDR_VOID, new Heard());
            thrown(site);
        }
    }

    private static void thrown(Site site) throws Throwable {
        if (site.fromProgram.take() instanceof Throwable cause) {
            throw cause;
        }
    }

    /** Calls to a server in another process, which is killed. */
    private void killed() {
        for (String way : new String[] {"synchronous", "handler", "future"}) {
            places.put("call that waits while the server is killed, " + way, () -> {
                List<String> command = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java"));
                command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
                command.addAll(List.of("-cp", System.getProperty("java.class.path"), Failures.class.getName(), "serve"));
                Process process = new ProcessBuilder(command).redirectError(new File("/dev/null")).start();
                OncRpcSvc client = service("client").withClientMode().build();
                try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
                    String line = out.readLine();
                    while (!line.startsWith("PORT ")) {
                        line = out.readLine();
                    }
                    client.start();
                    RpcTransport transport = client.connect(new InetSocketAddress("127.0.0.1", Integer.parseInt(line.substring(5))));
                    RpcCall call = new RpcCall(PROGRAM.getNumber(), 1, new RpcAuthTypeNone(), transport);
                    call.call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
                    Thread killer = new Thread(() -> {
                        try {
                            String text = out.readLine();
                            while (text != null && !text.equals("HELD")) {
                                text = out.readLine();
                            }
                        } catch (IOException e) {
                            // as good as held
                        }
                        process.destroyForcibly();
                    });
                    killer.setDaemon(true);
                    killer.start();
                    if (way.equals("synchronous")) {
                        call.call(HOLD, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
                    } else if (way.equals("future")) {
                        call.call(HOLD, XdrVoid.XDR_VOID, XdrInt.class).get();
                    } else {
                        Heard heard = new Heard();
                        call.call(HOLD, XdrVoid.XDR_VOID, heard);
                        heard.rethrow();
                    }
                } finally {
                    process.destroyForcibly();
                    client.stop();
                }
            });
        }
    }

    private void timeOuts() {
        places.put("time-out, synchronous", () -> {
            try (Site site = new Site()) {
                site.call().call(HOLD, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID, 100, TimeUnit.MILLISECONDS);
            }
        });
        places.put("time-out, handler", () -> {
            try (Site site = new Site()) {
                Heard heard = new Heard();
                site.call().call(HOLD, XdrVoid.XDR_VOID, heard, 100, TimeUnit.MILLISECONDS);
                heard.rethrow();
            }
        });
        places.put("time-out, of the future's get", () -> {
            try (Site site = new Site()) {
                site.call().call(HOLD, XdrVoid.XDR_VOID, XdrInt.class).get(100, TimeUnit.MILLISECONDS);
            }
        });
        places.put("cancelled future", () -> {
            try (Site site = new Site()) {
                Future<XdrInt> future = site.call().call(HOLD, XdrVoid.XDR_VOID, XdrInt.class);
                future.cancel(true);
                future.get();
            }
        });
        places.put("interrupted, synchronous", () -> {
            try (Site site = new Site()) {
                Thread caller = Thread.currentThread();
                Thread interrupter = new Thread(() -> {
                    try {
                        site.held.take();
                        caller.interrupt();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                });
                interrupter.setDaemon(true);
                interrupter.start();
                try {
                    site.call().call(HOLD, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
                } finally {
                    stillInterrupted();
                }
            }
        });
    }

    /** Fails if the thread is still interrupted: oncrpc4j clears the interrupt that it reports. */
    private static void stillInterrupted() {
        if (Thread.interrupted()) {
            throw new AssertionError("the thread is still interrupted");
        }
    }

    private static String chain(Throwable thrown) {
        List<String> types = new ArrayList<>();
        for (Class<?> type = thrown.getClass(); type != Object.class; type = type.getSuperclass()) {
            types.add(type.getName());
        }
        return String.join(" < ", types);
    }

    private static String describe(Throwable thrown) {
        Throwable told = thrown;
        if (told instanceof ExecutionException) {
            told = told.getCause();
        }
        Throwable root = told;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return chain(told) + " | " + chain(root) + " | " + told.getMessage();
    }

    private CompletableFuture<String> visit(String place) {
        CompletableFuture<String> seen = new CompletableFuture<>();
        Thread visitor = new Thread(() -> {
            try {
                places.get(place).run();
                seen.complete("no exception");
            } catch (Throwable e) {
                seen.complete(describe(e));
            }
        }, place);
        visitor.setDaemon(true);
        visitor.start();
        return seen;
    }

    private static String await(CompletableFuture<String> seen, long millis) throws InterruptedException, ExecutionException {
        try {
            return seen.get(Math.max(1, millis), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            return "nothing";
        }
    }

    private static void serve() throws IOException, InterruptedException {
        OncRpcSvc server = service("server").withRpcService(PROGRAM, call -> {
            if (call.getProcedure() == HOLD) {
                System.out.println("HELD");
            } else {
                call.reply(XdrVoid.XDR_VOID);
            }
        }).build();
        server.start();
        System.out.println("PORT " + server.getInetSocketAddress(IpProtocolType.TCP).getPort());
        new CountDownLatch(1).await();
    }

    public static void main(String[] args) throws Exception {
        if (args.length > 0 && args[0].equals("serve")) {
            serve();
        }
        Failures failures = new Failures();
        Map<String, CompletableFuture<String>> all = new LinkedHashMap<>();
        for (String place : args.length > 0 ? List.of(args) : failures.places.keySet()) {
            all.put(place, failures.visit(place));
            await(all.get(place), SOON_MILLIS);
        }
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
        for (Map.Entry<String, CompletableFuture<String>> each : all.entrySet()) {
            System.out.println("SEEN " + each.getKey() + ": " + await(each.getValue(), (end - System.nanoTime()) / 1_000_000));
        }
        try (Site site = new Site()) {
            site.call().call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
            System.out.println("TRANSPORT " + site.transport.getClass().getName());
        }
        System.out.println("DONE");
        System.exit(0);
    }
}
