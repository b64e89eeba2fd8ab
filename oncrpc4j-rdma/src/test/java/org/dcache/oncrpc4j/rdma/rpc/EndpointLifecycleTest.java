// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.channels.CompletionHandler;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.rpc.harness.Bystander;
import org.dcache.oncrpc4j.rdma.rpc.harness.EchoProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.EndpointFixture;
import org.dcache.oncrpc4j.rdma.rpc.harness.LeakLedger;
import org.dcache.oncrpc4j.rdma.rpc.harness.LocalEndpoints;
import org.dcache.oncrpc4j.rdma.verbs.HelperThread;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;
import org.dcache.oncrpc4j.rdma.xprt.link.DevicePool;
import org.dcache.oncrpc4j.rdma.xprt.link.SharedThreads;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.RpcDispatchable;
import org.dcache.oncrpc4j.rpc.RpcReply;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.xdr.XdrVoid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Starts that fail, stops that come in the midst of them, and stops of threads that are interrupted. */
@Timeout(120)
class EndpointLifecycleTest {

    private static final Configuration CONFIG = Configuration.of(Map.of("oncrpc.transport", "rdma", "oncrpc.rdma.provider", "iwarp",
            "oncrpc.rdma.memory", "32m"));

    private static final int UNANSWERED = 0x20049900;

    private final ExecutorService executor = Executors.newFixedThreadPool(4);
    private final LeakLedger before = LeakLedger.snapshot();
    private final int users = SharedThreads.users();

    @AfterEach
    void nothingIsLeft() {
        executor.shutdownNow();
        assertThat(SharedThreads.users()).isEqualTo(users);
        LeakLedger.assertNothingLeaked(before);
    }

    private RdmaEndpoint endpoint(boolean client, DevicePool.Source devices) {
        return endpoint(client, devices, executor);
    }

    private static RdmaEndpoint endpoint(boolean client, DevicePool.Source devices, ExecutorService executor) {
        Map<OncRpcProgram, RpcDispatchable> programs = new HashMap<>(LocalEndpoints.echo());
        programs.put(new OncRpcProgram(UNANSWERED, EchoProgram.VERSION), call -> {});
        return new RdmaEndpoint(EndpointFixture.service("lifecycle", client, client ? Map.of() : programs, executor), CONFIG, devices);
    }

    /** Fails the first time. */
    private static final class FailsOnce implements DevicePool.Source {
        private Error fault = new AssertionError("planted");

        @Override
        public List<DevicePool.Lease> acquire(Configuration config) throws VerbsException {
            Error first = fault;
            fault = null;
            if (first != null) {
                throw first;
            }
            return DevicePool.acquire(config);
        }
    }

    @Test
    void aStartThatFailsWithAnErrorLeavesNothingAndTheNextOneWorks() throws Exception {
        RdmaEndpoint server = endpoint(false, new FailsOnce());
        assertThatThrownBy(server::start).isInstanceOf(AssertionError.class).hasMessage("planted");
        assertThat(SharedThreads.users()).isEqualTo(users);
        LeakLedger.assertNothingLeaked(before);
        server.stop();
        server.start();
        int served = SharedThreads.users();
        RdmaEndpoint client = endpoint(true, new FailsOnce());
        assertThatThrownBy(() -> client.connect(server.localAddress(), 60, TimeUnit.SECONDS)).hasMessage("planted");
        assertThat(SharedThreads.users()).as("before anybody stops the client").isEqualTo(served);
        new Bystander(client.connect(server.localAddress(), 60, TimeUnit.SECONDS));
        client.stop();
        client.stop();
        server.stop();
    }

    @Test
    void aStopInTheMidstOfAStartLeavesNothingBound() throws Exception {
        CountDownLatch opened = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        // Between opening the device and binding.
        DevicePool.Source pausing = config -> new ArrayList<>(DevicePool.acquire(config)) {
            @Override
            public Stream<DevicePool.Lease> stream() {
                opened.countDown();
                try {
                    goOn.await();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
                return super.stream();
            }
        };
        RdmaEndpoint server = endpoint(false, pausing);
        try (DevicePool.Lease other = DevicePool.acquire(CONFIG).get(0)) {
            Future<?> starting = executor.submit(() -> {
                server.start();
                return null;
            });
            opened.await();
            Thread stopping = new Thread(server::stop);
            stopping.start();
            LeakLedger.await("the stop is through or waits", () -> stopping.getState() == Thread.State.BLOCKED || !stopping.isAlive());
            goOn.countDown();
            stopping.join();
            starting.get();
            assertThat(other.device()).isNotNull();
            assertThat(server.listeners()).isEmpty();
        }
    }

    /**
     * Holds up a loop that gives it something, and the end of the connection with it, until the thread that stops waits although it was
     * interrupted, or is through.
     */
    private static final class SlowForLoops extends ThreadPoolExecutor {
        private final Thread stopping = Thread.currentThread();
        private volatile boolean through;

        SlowForLoops() {
            super(1, 1, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>());
        }

        private boolean stopWaits() {
            return stopping.getState() == Thread.State.TIMED_WAITING && !stopping.isInterrupted();
        }

        @Override
        public void execute(Runnable task) {
            while (HelperThread.isLoop() && !through && !stopWaits()) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
            }
            super.execute(task);
        }
    }

    @Test
    void anInterruptedThreadsStopWaitsForTheConnectionsToEndAllTheSame() throws IOException {
        RdmaEndpoint server = endpoint(false, DevicePool::acquire);
        server.start();
        SlowForLoops slow = new SlowForLoops();
        RdmaEndpoint client = endpoint(true, DevicePool::acquire, slow);
        RpcTransport transport = client.connect(server.localAddress(), 60, TimeUnit.SECONDS);
        // Nobody answers it; that it has failed is told through the executor.
        LocalEndpoints.call(transport, UNANSWERED).call(0, XdrVoid.XDR_VOID, new CompletionHandler<RpcReply, RpcTransport>() {
            @Override
            public void completed(RpcReply reply, RpcTransport from) {}

            @Override
            public void failed(Throwable cause, RpcTransport from) {}
        }, 0, TimeUnit.SECONDS, null);
        Thread.currentThread().interrupt();
        client.stop(10, TimeUnit.SECONDS);
        boolean ended = client.connections().isEmpty();
        slow.through = true;
        assertThat(Thread.interrupted()).as("kept for the caller").isTrue();
        assertThat(ended).isTrue();
        server.stop();
        slow.shutdown();
    }
}
