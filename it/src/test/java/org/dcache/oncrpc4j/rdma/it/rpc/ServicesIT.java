// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.common.util.concurrent.ForwardingExecutorService;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.portmap.OncRpcPortmap;
import org.dcache.oncrpc4j.rdma.it.jvm.Ports;
import org.dcache.oncrpc4j.rpc.OncRpcClient;
import org.dcache.oncrpc4j.rpc.OncRpcSvc;
import org.dcache.oncrpc4j.rpc.OncRpcSvcBuilder;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeNone;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeUnix;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;
import org.dcache.oncrpc4j.xdr.XdrAble;
import org.dcache.oncrpc4j.xdr.XdrOpaque;
import org.dcache.oncrpc4j.xdr.XdrString;
import org.dcache.oncrpc4j.xdr.XdrVoid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What oncrpc4j's services and clients can do besides calling, over RDMA. */
@OverRdma
class ServicesIT {

    private static String text(RpcCall call, int procedure) throws IOException {
        XdrString answer = new XdrString();
        call.call(procedure, XdrVoid.XDR_VOID, answer);
        return answer.stringValue();
    }

    private static void ping(RpcCall call) throws IOException {
        call.call(TestProgram.NULL, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
    }

    @Test
    void nobodySpeaksRecordMarkedTcpThere() throws Exception {
        try (Peers peers = Peers.serve(); Socket tcp = new Socket(peers.address().getAddress(), peers.address().getPort())) {
            tcp.setSoTimeout(2000);
            ByteBuffer call = ByteBuffer.allocate(44);
            call.putInt(0x80000000 | 40).putInt(1).putInt(0).putInt(2).putInt(TestProgram.PROGRAM.getNumber()).putInt(1)
                    .putInt(TestProgram.NULL);
            tcp.getOutputStream().write(call.array());
            int first;
            try {
                first = tcp.getInputStream().read();
            } catch (IOException e) {
                first = -1;
            }
            assertThat(first).as("a byte of an answer").isEqualTo(-1);
        }
    }

    @Test
    void workerThreadsAreTheServices() throws Exception {
        try (Peers peers = Peers.serve(b -> b.withServiceName("workers").withWorkerThreadPoolSize(2))) {
            assertThat(text(peers.call(), TestProgram.THREAD)).startsWith("workers (");
        }
    }

    @Test
    void theSameThreadStrategyRunsNoUserCodeOnALoop() throws Exception {
        try (Peers peers = Peers.serve(OncRpcSvcBuilder::withSameThreadIoStrategy)) {
            RpcCall call = peers.call();
            assertThat(text(call, TestProgram.THREAD)).startsWith("rpcrdma worker");
            ping(call);
        }
    }

    @Test
    void theInterceptorSeesEachCallBeforeItIsDispatched() throws Exception {
        List<String> seen = new CopyOnWriteArrayList<>();
        try (Peers peers = Peers.serve(b -> b.withCallInterceptor(call -> seen.add(call.getProcedure() + " " + call.getTransport())))) {
            RpcCall call = peers.call();
            ping(call);
            text(call, TestProgram.THREAD);
        }
        assertThat(seen).hasSize(2);
        assertThat(seen.get(0)).startsWith("0 rdma ");
        assertThat(seen.get(1)).startsWith("3 rdma ");
    }

    @Test
    void credentialsArrive() throws Exception {
        try (Peers peers = Peers.serve()) {
            RpcCall call = peers.call(new RpcAuthTypeUnix(17, 18, new int[] {19, 20}, 0, "host"));
            assertThat(text(call, TestProgram.CREDENTIAL)).contains("17").contains("18").contains("19");
        }
    }

    @Test
    void subjectsArePropagatedWhereTheServiceSaysSo() throws Exception {
        assumeTrue(Runtime.version().feature() < 23, "Subject.getSubject, which oncrpc4j 3.4 relies on, is gone from this JDK");
        RpcAuthTypeUnix credential = new RpcAuthTypeUnix(17, 18, new int[] {19}, 0, "host");
        try (Peers peers = Peers.serve(OncRpcSvcBuilder::withSubjectPropagation)) {
            assertThat(text(peers.call(credential), TestProgram.SUBJECT)).contains("17").contains("18");
        }
        try (Peers peers = Peers.serve(OncRpcSvcBuilder::withoutSubjectPropagation)) {
            assertThat(text(peers.call(credential), TestProgram.SUBJECT)).isEqualTo("null");
        }
    }

    @Test
    void serversCallTheirClientsBackOnTheSameConnection() throws Exception {
        try (Peers peers = Peers.serve()) {
            RpcTransport transport = peers.connect(OncRpcClient.newBuilder().withTCP()
                    .withRpcService(TestProgram.PROGRAM, new TestProgram())
                    .withServiceName("client").build(peers.address()));
            RpcCall call = new RpcCall(TestProgram.PROGRAM.getNumber(), 1, new RpcAuthTypeNone(), transport);
            XdrOpaque answer = new XdrOpaque();
            call.call(TestProgram.CALL_BACK, new XdrOpaque(TestProgram.bytes(500)), answer);
            assertThat(answer.getOpaque()).isEqualTo(TestProgram.bytes(500));
        }
    }

    @Test
    void ephemeralPortsAreToldAndDiffer() throws Exception {
        try (Peers one = Peers.serve(); Peers two = Peers.serve()) {
            assertThat(one.address().getPort()).isPositive().isNotEqualTo(two.address().getPort());
            assertThat(one.server().toString()).contains("rdma:").contains("" + one.address().getPort());
        }
    }

    @Test
    void servicesOfOneNameStartAndStopBesideEachOtherAndOneMayFollowOnThePortOfAnother() throws Exception {
        try (Peers stays = Peers.serve()) {
            RpcCall beside = stays.call();
            int port = 0;
            for (int i = 0; i < 3; i++) {
                int same = port;
                try (Peers next = Peers.serve(b -> b.withMinPort(same).withMaxPort(same))) {
                    port = next.address().getPort();
                    ping(next.call());
                    ping(beside);
                }
                InetSocketAddress gone = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
                try (OncRpcClient client = new OncRpcClient(gone, IpProtocolType.TCP)) {
                    assertThatThrownBy(client::connect).isInstanceOf(ConnectException.class);
                }
                ping(beside);
            }
        }
    }

    @Test
    void theNextPortOfARangeIsTakenWhenOneIsInUse() throws Exception {
        int first = Ports.freePair();
        try (Peers one = Peers.serve(b -> b.withMinPort(first).withMaxPort(first + 1));
                Peers two = Peers.serve(b -> b.withMinPort(first).withMaxPort(first + 1))) {
            assertThat(one.address().getPort()).isEqualTo(first);
            assertThat(two.address().getPort()).isEqualTo(first + 1);
            ping(two.call());
        }
    }

    @Test
    void aPortInUseFailsTheStartAndItCanBeTriedAgain() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            OncRpcSvc server = new OncRpcSvcBuilder().withServiceName("late").withTCP().withUDP().withoutAutoPublish()
                    .withBindAddress("127.0.0.1")
                    .withPort(taken.getLocalPort()).withRpcService(TestProgram.PROGRAM, new TestProgram()).build();
            assertThatThrownBy(server::start).isInstanceOf(IOException.class);
            assertThat(server.getInetSocketAddress(IpProtocolType.UDP)).isNull();
            taken.close();
            try {
                server.start();
                assertThat(server.getInetSocketAddress(IpProtocolType.TCP).getPort()).isPositive();
            } finally {
                server.stop();
            }
        }
    }

    @Test
    void ipv6() throws Exception {
        assumeTrue(Ports.haveIpv6(), "this machine has no IPv6 loopback address");
        try (Peers peers = Peers.serve(b -> b.withBindAddress("::1"))) {
            RpcTransport transport = peers.connect();
            assertThat(transport.getRemoteSocketAddress().getAddress()).isInstanceOf(java.net.Inet6Address.class);
            ping(new RpcCall(TestProgram.PROGRAM.getNumber(), 1, new RpcAuthTypeNone(), transport));
        }
    }

    @Test
    void aRefusedConnectionIsAConnectException() throws Exception {
        int port = Ports.freePair();
        try (OncRpcClient client = new OncRpcClient(InetAddress.getLoopbackAddress(), IpProtocolType.TCP, port)) {
            assertThatThrownBy(client::connect).isInstanceOf(ConnectException.class).hasMessageStartingWith("Connection refused");
        }
    }

    @Test
    void aClientMayTryToConnectUntilItsServerIsThere() throws Exception {
        int port = Ports.freePair();
        try (OncRpcClient client = new OncRpcClient(InetAddress.getLoopbackAddress(), IpProtocolType.TCP, port)) {
            assertThatThrownBy(client::connect).isInstanceOf(ConnectException.class);
            try (Peers peers = Peers.serve(b -> b.withPort(port))) {
                RpcTransport transport = Peers.provenRdma(client.connect());
                ping(new RpcCall(TestProgram.PROGRAM.getNumber(), 1, new RpcAuthTypeNone(), transport));
            }
        }
    }

    @Test
    void aPeerThatNeverAnswersTheHandshakeTimesOut() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                OncRpcClient client = OncRpcClient.newBuilder().withTCP().withServiceName("client")
                        .withConnectTimeout(300, TimeUnit.MILLISECONDS)
                        .build((InetSocketAddress) silent.getLocalSocketAddress())) {
            assertThatThrownBy(client::connect).isInstanceOf(IOException.class);
        }
    }

    @Test
    void addressesAreRealAndAClientsPortIsItsOwn() throws Exception {
        try (Peers peers = Peers.serve()) {
            RpcTransport one = peers.connect();
            RpcTransport two = peers.connect();
            assertThat(one.isOpen()).isTrue();
            assertThat(one.isTLS()).isFalse();
            assertThat(one.getRemoteSocketAddress()).isEqualTo(peers.address());
            assertThat(one.getLocalSocketAddress().getAddress().isAnyLocalAddress()).isFalse();
            assertThat(one.getLocalSocketAddress().getPort()).isPositive().isNotEqualTo(two.getLocalSocketAddress().getPort());
        }
    }

    @Test
    void stoppingTheServerFailsPendingCallsAndTheTransportStaysDead() throws Exception {
        TestProgram program = new TestProgram();
        try (Peers peers = Peers.serve(b -> b.withRpcService(TestProgram.PROGRAM, program))) {
            RpcCall call = peers.call();
            CompletableFuture<XdrOpaque> pending = call.call(TestProgram.HOLD, new XdrOpaque(new byte[1]), XdrOpaque.class);
            program.held.take();
            peers.server().stop();
            assertThatThrownBy(pending::get).isInstanceOf(ExecutionException.class).hasCauseInstanceOf(IOException.class);
            assertThat(call.getTransport().isOpen()).isFalse();
            assertThatThrownBy(() -> ping(call)).isInstanceOf(EOFException.class);
        }
    }

    /** What is worked on is waited for. What a program may answer at any later time is not: as over TCP, where nothing is. */
    @ParameterizedTest(name = "within {0} s")
    @ValueSource(longs = {30, Long.MAX_VALUE})
    void aGracefulStopLetsCallsInProgressBeAnswered(long seconds) throws Exception {
        TestProgram program = new TestProgram();
        try (Peers peers = Peers.serve(b -> b.withRpcService(TestProgram.PROGRAM, program))) {
            RpcCall call = peers.call();
            InetSocketAddress address = peers.address();
            XdrOpaque argument = new XdrOpaque(TestProgram.bytes(10));
            CompletableFuture<XdrOpaque> pending = call.call(TestProgram.WORK, argument, XdrOpaque.class);
            while (program.worked.peek() == null) {
                Thread.onSpinWait();
            }
            CompletableFuture<Void> stopped = CompletableFuture.runAsync(() -> {
                try {
                    peers.server().stop(seconds, TimeUnit.SECONDS);
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            while (listens(address)) {
                Thread.onSpinWait();
            }
            program.worked.take();
            assertThat(pending.get().getOpaque()).isEqualTo(TestProgram.bytes(10));
            stopped.get();
            assertThatThrownBy(() -> new OncRpcClient(address, IpProtocolType.TCP).connect()).isInstanceOf(IOException.class);
        }
    }

    /** As over TCP where the executor is the program's own and lives on. */
    @Test
    void aServiceThatIsStoppedAndStartedAgainOnItsPortIsServed() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        ExecutorService surviving = new ForwardingExecutorService() {
            @Override
            protected ExecutorService delegate() {
                return threads;
            }

            @Override
            public void shutdown() {}

            @Override
            public List<Runnable> shutdownNow() {
                return List.of();
            }
        };
        int port = Ports.freePair();
        try (Peers peers = Peers.serve(b -> b.withPort(port).withWorkerThreadExecutionService(surviving))) {
            ping(peers.call());
            peers.server().stop();
            peers.server().start();
            ping(peers.call());
        } finally {
            threads.shutdownNow();
        }
    }

    /** Refused, or cut off because the listener is closed at this moment. */
    private static boolean listens(InetSocketAddress address) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(address);
            return true;
        } catch (SocketException e) {
            return false;
        }
    }

    @Test
    void aClosedClientIsSeenByTheServer() throws Exception {
        TestProgram program = new TestProgram();
        try (Peers peers = Peers.serve(b -> b.withRpcService(TestProgram.PROGRAM, program))) {
            OncRpcClient client = new OncRpcClient(peers.address(), IpProtocolType.TCP);
            RpcCall call = new RpcCall(TestProgram.PROGRAM.getNumber(), 1, new RpcAuthTypeNone(), client.connect());
            call.call(TestProgram.HOLD, (XdrAble) XdrVoid.XDR_VOID,
                    (java.nio.channels.CompletionHandler<org.dcache.oncrpc4j.rpc.RpcReply, RpcTransport>) null);
            RpcTransport seen = program.held.take().getTransport();
            assertThat(seen.isOpen()).isTrue();
            client.close();
            while (seen.isOpen()) {
                Thread.onSpinWait();
            }
            assertThat(call.getTransport().isOpen()).isFalse();
        }
    }

    /** The port map of a machine is found over TCP or UDP, whatever the transport is. */
    @Test
    void thePortmapperIsNotAskedOverRdma() throws Exception {
        try (OncRpcClient client = new OncRpcClient(InetAddress.getLoopbackAddress(), IpProtocolType.TCP, OncRpcPortmap.PORTMAP_PORT)) {
            RpcTransport transport;
            try {
                transport = client.connect();
            } catch (ConnectException e) {
                assertThat(e).hasMessageContaining("refused");
                return;
            }
            assertThat(transport.getClass().getName()).contains("grizzly");
        }
    }
}
