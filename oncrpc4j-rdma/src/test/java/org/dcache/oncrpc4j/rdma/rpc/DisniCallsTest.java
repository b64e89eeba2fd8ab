// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.disni.DeviceAddress;
import org.dcache.oncrpc4j.rdma.disni.DisniProvider;
import org.dcache.oncrpc4j.rdma.rpc.harness.EchoProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.EligibleProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.LocalEndpoints;
import org.dcache.oncrpc4j.rdma.verbs.Availability;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.xdr.XdrVoid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Calls of every size over DiSNI, where its library and an RDMA device are. */
class DisniCallsTest {

    private static final int[] PROGRAMS = {EchoProgram.PROGRAM, EligibleProgram.ELIGIBLE_PROGRAM};
    private static final int[] LENGTHS = {0, 1, 3, 700, 900, 1000, 4000, 4096, 65_537, 1_000_001};

    private final ExecutorService executor = java.util.concurrent.Executors.newFixedThreadPool(4);
    private LocalEndpoints peers;

    @BeforeEach
    void start() throws IOException {
        Availability availability = new DisniProvider().availability();
        assumeTrue(availability.available(), availability.reason());
        peers = new LocalEndpoints(Map.of("oncrpc.rdma.provider", "disni", "oncrpc.rdma.bind", DeviceAddress.any().getHostAddress()),
                LocalEndpoints.echo(), executor);
    }

    @AfterEach
    void stop() {
        if (peers != null) {
            peers.close();
        }
        executor.shutdownNow();
    }

    private static void echo(RpcTransport transport, int program, int length) throws IOException {
        EchoProgram.Bytes result = new EchoProgram.Bytes();
        LocalEndpoints.call(transport, program).call(EchoProgram.ECHO, new EchoProgram.Bytes(EchoProgram.pattern(length)), result);
        assertThat(result.value).isEqualTo(EchoProgram.pattern(length));
    }

    @Test
    void everyPathWorks() throws Exception {
        RpcTransport transport = peers.connect();
        for (int program : PROGRAMS) {
            LocalEndpoints.call(transport, program).call(0, XdrVoid.XDR_VOID, XdrVoid.XDR_VOID);
            for (int length : LENGTHS) {
                echo(transport, program, length);
                EchoProgram.Bytes read = new EchoProgram.Bytes();
                LocalEndpoints.call(transport, program).call(EchoProgram.READ, new EchoProgram.Int(length), read);
                assertThat(read.value).isEqualTo(EchoProgram.pattern(length));
                EchoProgram.Int taken = new EchoProgram.Int();
                LocalEndpoints.call(transport, program).call(EchoProgram.WRITE, new EchoProgram.Bytes(EchoProgram.pattern(length)), taken);
                assertThat(taken.value).isEqualTo(length);
            }
        }
    }

    @Test
    void moreCallsAtOnceThanCreditsAllReturn() throws Exception {
        RpcTransport transport = peers.connect();
        List<CompletableFuture<Void>> all = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            int program = PROGRAMS[i % 2];
            all.add(CompletableFuture.runAsync(() -> {
                try {
                    echo(transport, program, 20_001);
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            }, task -> new Thread(task).start()));
        }
        for (CompletableFuture<Void> one : all) {
            one.get(120, TimeUnit.SECONDS);
        }
    }
}
