// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.iwarp.wire.MpaFrame;
import org.dcache.oncrpc4j.rdma.rpc.harness.EchoProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.EligibleProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.EndpointFixture;
import org.dcache.oncrpc4j.rdma.rpc.harness.RecordingRelay;
import org.dcache.oncrpc4j.rdma.spi.RpcEndpoint;
import org.dcache.oncrpc4j.rdma.xprt.link.DevicePool;
import org.dcache.oncrpc4j.rpc.OncRpcAcceptedException;
import org.dcache.oncrpc4j.rpc.OncRpcException;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.RpcAccepsStatus;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeNone;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcDispatchable;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A whole server against clients that send damaged streams: it ends them, gives everything back, and serves the good client on. */
class HostileClientTest {

    /** More for a soak: {@code -Dhostile.clients=10000}. */
    private static final int CLIENTS = Integer.getInteger("hostile.clients", 250);
    private static final int PATIENCE = 20_000;

    /** Takes calls whose damaged lengths cost no more than what came. */
    private static final class Program extends EchoProgram {
        @Override
        public void dispatchOncRpcCall(RpcCall call) throws OncRpcException, IOException {
            if (call.getProcedure() == READ) {
                call.failProcedureUnavailable();
            } else {
                super.dispatchOncRpcCall(call);
            }
        }
    }

    private final ExecutorService executor = java.util.concurrent.Executors.newFixedThreadPool(8);
    private final Configuration config = Configuration.of(Map.of("oncrpc.transport", "rdma", "oncrpc.rdma.provider", "iwarp",
            "oncrpc.rdma.memory", "64m", "oncrpc.rdma.credits", "16", "oncrpc.rdma.iwarp.crc", "off", "oncrpc.rdma.keepalive", "0"));
    private final HostileTraffic traffic = new HostileTraffic();
    private RpcEndpoint server;
    private RpcEndpoint client;
    private List<DevicePool.Lease> leases;

    @BeforeEach
    void start() throws Exception {
        server = endpoint(false, Map.of(new OncRpcProgram(EchoProgram.PROGRAM, EchoProgram.VERSION), new Program(),
                new OncRpcProgram(EligibleProgram.ELIGIBLE_PROGRAM, EchoProgram.VERSION), new Program()));
        leases = DevicePool.acquire(config);
        record();
        client = endpoint(true, Map.of());
    }

    @AfterEach
    void stop() {
        client.stop();
        server.stop();
        leases.forEach(DevicePool.Lease::close);
        executor.shutdownNow();
    }

    @Test
    @Tag("conformance-31")
    @Tag("conformance-45")
    @DisplayName("damaged streams end their own connections, cost nothing that stays, and do not touch the good client")
    void damagedStreams() throws Exception {
        RpcTransport good = client.connect(server.localAddress(), 10, TimeUnit.SECONDS);
        exercise(good);
        long inUse = settled();

        for (int seed = 0; seed < CLIENTS; seed++) {
            attack(seed);
            if (seed % 50 == 49) {
                exercise(good);
            }
        }

        await("connections of the hostile clients are gone", () -> leases.get(0).device().connections().size() == 2);
        await("their buffers are back", () -> leases.get(0).device().regbufs().inUse() <= inUse);
        exercise(good);
        assertThat(good.isOpen()).isTrue();
    }

    @Test
    @Tag("conformance-34")
    @DisplayName("arguments that cannot be decoded are answered with GARBAGE_ARGS, and the connection goes on")
    void undecodableArguments() throws Exception {
        RpcTransport good = client.connect(server.localAddress(), 10, TimeUnit.SECONDS);
        RpcCall call = new RpcCall(EchoProgram.PROGRAM, EchoProgram.VERSION, new RpcAuthTypeNone(), good);

        assertThatExceptionOfType(OncRpcAcceptedException.class)
                .isThrownBy(() -> call.call(EchoProgram.ECHO, new EchoProgram.Int(1000), new EchoProgram.Bytes(), 10, TimeUnit.SECONDS))
                .withMessage(RpcAccepsStatus.toString(RpcAccepsStatus.GARBAGE_ARGS));
        exercise(good);
    }

    /** One good client's stream, to be damaged. */
    private void record() throws Exception {
        RpcEndpoint model = endpoint(true, Map.of());
        try (RecordingRelay relay = new RecordingRelay(server.localAddress())) {
            exercise(model.connect(relay.address(), 10, TimeUnit.SECONDS));
            model.stop();
            RecordedTraffic.walk(relay, traffic);
        } finally {
            model.stop();
        }
        assertThat(traffic.sends()).isGreaterThan(10);
    }

    private static void exercise(RpcTransport transport) throws Exception {
        for (int program : new int[] {EchoProgram.PROGRAM, EligibleProgram.ELIGIBLE_PROGRAM}) {
            RpcCall call = new RpcCall(program, EchoProgram.VERSION, new RpcAuthTypeNone(), transport);
            for (int length : new int[] {0, 5, 1000, 5000, 70_000}) {
                EchoProgram.Bytes result = new EchoProgram.Bytes();
                call.call(EchoProgram.ECHO, new EchoProgram.Bytes(EchoProgram.pattern(length)), result);
                assertThat(result.value).isEqualTo(EchoProgram.pattern(length));
                call.call(EchoProgram.WRITE, new EchoProgram.Bytes(EchoProgram.pattern(length)), new EchoProgram.Int());
            }
        }
    }

    private void attack(int seed) throws IOException {
        InetSocketAddress address = server.localAddress();
        try (Socket socket = new Socket(address.getAddress(), address.getPort())) {
            socket.setSoTimeout(PATIENCE);
            socket.getOutputStream().write(traffic.request());
            InputStream in = socket.getInputStream();
            byte[] reply = in.readNBytes(MpaFrame.HEADER_LENGTH);
            in.readNBytes((reply[MpaFrame.OFFSET_PRIVATE_DATA_LENGTH] & 0xff) << 8 | reply[MpaFrame.OFFSET_PRIVATE_DATA_LENGTH + 1] & 0xff);
            socket.getOutputStream().write(traffic.stream(seed));
            socket.shutdownOutput();
            in.skipNBytes(0);
            while (in.read() >= 0) {
                in.skip(in.available());
            }
        } catch (SocketTimeoutException e) {
            throw new AssertionError("seed " + seed + ": the server keeps the connection although we have closed it", e);
        } catch (SocketException e) {
            // Reset: the server had enough of us.
            assertThat(e).as("seed %d", seed).hasMessageMatching("(?i).*(reset|broken pipe|closed|aborted).*");
        }
    }

    private RpcEndpoint endpoint(boolean isClient, Map<OncRpcProgram, RpcDispatchable> programs) throws IOException {
        RpcEndpoint endpoint = new RdmaTransportProvider().open(EndpointFixture.service("echo", isClient, programs, executor),
                config);
        endpoint.start();
        return endpoint;
    }

    /** Bytes of regbufs in use with nothing but the good client's connection, whose last replies may still be on their way back. */
    private long settled() {
        await("the model client is gone", () -> leases.get(0).device().connections().size() == 2);
        long[] least = {Long.MAX_VALUE};
        int[] same = {0};
        await("buffers have settled", () -> {
            long now = leases.get(0).device().regbufs().inUse();
            same[0] = now == least[0] ? same[0] + 1 : 0;
            least[0] = now;
            return same[0] > 50;
        });
        return least[0];
    }

    private static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError(what + ": not after " + PATIENCE + " ms");
            }
            java.util.concurrent.locks.LockSupport.parkNanos(2_000_000);
        }
    }
}
