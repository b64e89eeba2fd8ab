// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.iwarp.IwarpProvider;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.rpc.harness.Bystander;
import org.dcache.oncrpc4j.rdma.rpc.harness.EchoProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.EligibleProgram;
import org.dcache.oncrpc4j.rdma.rpc.harness.LeakLedger;
import org.dcache.oncrpc4j.rdma.rpc.harness.LocalEndpoints;
import org.dcache.oncrpc4j.rdma.spi.RpcEndpoint;
import org.dcache.oncrpc4j.rdma.spi.ServiceContext;
import org.dcache.oncrpc4j.rdma.verbs.LimitedProvider;
import org.dcache.oncrpc4j.rdma.verbs.VerbsProvider;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.link.DevicePool;
import org.dcache.oncrpc4j.rpc.OncRpcException;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeNone;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcDispatchable;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.xdr.Xdr;
import org.dcache.oncrpc4j.xdr.XdrAble;
import org.dcache.oncrpc4j.xdr.XdrDecodingStream;
import org.dcache.oncrpc4j.xdr.XdrEncodingStream;
import org.glassfish.grizzly.memory.ByteBufferWrapper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The transport on a provider that can do little: it asks before it relies on anything, on every path a message can take. */
@Timeout(300)
class LimitedProviderTest {

    private static final int[] LENGTHS = {0, 1, 3, 700, 900, 1000, 4000, 4096, 65_537, 1_000_001};

    private final ExecutorService executor = java.util.concurrent.Executors.newFixedThreadPool(8);
    private final List<LimitedProvider> limited = new ArrayList<>();
    private RpcEndpoint server;
    private RpcEndpoint client;

    @AfterEach
    void stop() {
        if (client != null) {
            client.stop();
        }
        if (server != null) {
            server.stop();
        }
        executor.shutdownNow();
        for (LimitedProvider provider : limited) {
            assertThat(provider.violations()).isEmpty();
        }
    }

    private VerbsProvider provider(boolean isLimited) {
        if (!isLimited) {
            return new IwarpProvider();
        }
        LimitedProvider provider = new LimitedProvider(new IwarpProvider());
        limited.add(provider);
        return provider;
    }

    private RpcEndpoint open(boolean isClient, boolean isLimited, String address, Map<String, String> settings) throws IOException {
        // Both sides have a device of their own.
        Map<String, String> all = new HashMap<>(Map.of("oncrpc.rdma.credits", "8", "oncrpc.rdma.backlog", isClient ? "63m" : "64m"));
        all.putAll(settings);
        Map<OncRpcProgram, RpcDispatchable> programs = isClient ? Map.of() : Map.of(
                new OncRpcProgram(EchoProgram.PROGRAM, EchoProgram.VERSION), new EchoProgram(),
                new OncRpcProgram(EligibleProgram.ELIGIBLE_PROGRAM, EchoProgram.VERSION), new ShallowProgram());
        return EndpointOnProvider.start(provider(isLimited), InetAddress.getByName(address), isClient ? null : "limited", programs,
                executor, all);
    }

    private RpcTransport connect(boolean limitedClient, boolean limitedServer, Map<String, String> settings) throws IOException {
        server = open(false, limitedServer, "127.0.0.1", settings);
        client = open(true, limitedClient, "127.0.0.1", settings);
        return client.connect(server.localAddress(), 60, TimeUnit.SECONDS);
    }

    @ParameterizedTest(name = "limited client {0}, limited server {1}")
    @CsvSource({"true,true", "true,false", "false,true"})
    @Tag("conformance-4")
    void everyPathWorks(boolean limitedClient, boolean limitedServer) throws Exception {
        RpcTransport transport = connect(limitedClient, limitedServer, Map.of());
        assertThat(LocalEndpoints.everyPath(transport, LENGTHS, Shallow::new)).isPositive();
    }

    @Test
    @Tag("conformance-3")
    void callsThatWaitForCreditsAreSentToo() throws Exception {
        RpcTransport transport = connect(true, true, Map.of());
        long waits = Counters.process().get(XprtCounter.CREDIT_WAITS);
        allAtOnce(transport, 40, 20_001);
        assertThat(Counters.process().get(XprtCounter.CREDIT_WAITS)).isGreaterThan(waits);
    }

    /** Twenty calls and replies of a megabyte each, and memory for seven. */
    @Test
    void memoryBeyondTheBudgetIsWaitedForOrRegisteredForOneUse() throws Exception {
        RpcTransport transport = connect(true, true, Map.of("oncrpc.rdma.memory", "8m", "oncrpc.rdma.credits", "32"));
        long hardway = Counters.process().get(XprtCounter.REGBUF_HARDWAY);
        allAtOnce(transport, 24, 1_000_001);
        assertThat(Counters.process().get(XprtCounter.REGBUF_HARDWAY)).isGreaterThan(hardway);
    }

    /** Nothing new of any size, while what there is goes on being used. */
    @Test
    void whileRegistrationIsRefusedCallsFailInWordsOrGoOnAndAfterwardsAllIsAsBefore() throws Exception {
        LeakLedger before = LeakLedger.snapshot();
        RpcTransport transport = connect(true, true, Map.of());
        RpcTransport other = client.connect(server.localAddress(), 60, TimeUnit.SECONDS);
        Bystander bystander = new Bystander(other);
        limited.forEach(provider -> provider.refuseRegistration(true));
        for (int length : new int[] {100, 20_001, 200_000, 1_000_001}) {
            EchoProgram.Bytes result = new EchoProgram.Bytes();
            try {
                LocalEndpoints.call(transport, EchoProgram.PROGRAM)
                        .call(EchoProgram.ECHO, new EchoProgram.Bytes(EchoProgram.pattern(length)), result, 3, TimeUnit.SECONDS);
                assertThat(result.value).isEqualTo(EchoProgram.pattern(length));
            } catch (IOException | TimeoutException e) {
                assertThat(e.toString()).as("%d bytes", length).isNotBlank();
                assertThat(length).isGreaterThan(100);
            }
            LocalEndpoints.call(other, EchoProgram.PROGRAM).call(EchoProgram.ECHO, new EchoProgram.Bytes(EchoProgram.pattern(100)), result,
                    60, TimeUnit.SECONDS);
        }
        limited.forEach(provider -> provider.refuseRegistration(false));
        bystander.round();
        new Bystander(client.connect(server.localAddress(), 60, TimeUnit.SECONDS)).round();
        client.stop();
        server.stop();
        LeakLedger.assertNothingLeaked(before);
    }

    private static void allAtOnce(RpcTransport transport, int calls, int length) throws Exception {
        List<CompletableFuture<byte[]>> all = new ArrayList<>();
        for (int t = 0; t < calls; t++) {
            int program = t % 2 == 0 ? EchoProgram.PROGRAM : EligibleProgram.ELIGIBLE_PROGRAM;
            all.add(CompletableFuture.supplyAsync(() -> {
                try {
                    RpcCall call = new RpcCall(program, EchoProgram.VERSION, new RpcAuthTypeNone(), transport);
                    EchoProgram.Bytes result = new EchoProgram.Bytes();
                    call.call(EchoProgram.ECHO, new EchoProgram.Bytes(EchoProgram.pattern(length)), result);
                    return result.value;
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            }, task -> new Thread(task).start()));
        }
        for (CompletableFuture<byte[]> one : all) {
            assertThat(one.get(120, TimeUnit.SECONDS)).isEqualTo(EchoProgram.pattern(length));
        }
    }

    @Test
    @Tag("conformance-70")
    void whatThePeerTakesIsTheDefaultWhereItCannotBeRead() throws Exception {
        RdmaRpcTransport transport = (RdmaRpcTransport) connect(true, false, Map.of("oncrpc.rdma.inline", "8192"));
        assertThat(transport.connection().inlineSend()).isEqualTo(1024);
        assertThat(transport.connection().inlineReceive()).isEqualTo(1024);
        LeakLedger.await("the server knows of the connection", () -> ((RdmaEndpoint) server).connections().size() == 1);
        RdmaRpcTransport other = ((RdmaEndpoint) server).connections().iterator().next();
        assertThat(other.connection().inlineSend()).as("receives of that size are posted").isEqualTo(8192);
        assertThat(other.connection().inlineReceive()).as("we never send more").isEqualTo(1024);
        assertThat(other.connection().peerTakesInvalidate()).isFalse();
    }

    @Test
    void anIpv6AddressIsRefusedInWords() {
        assertThatThrownBy(() -> open(false, true, "::1", Map.of())).isInstanceOf(BindException.class)
                .hasMessageContaining("IPv6").hasMessageContaining("oncrpc.rdma.bind").hasMessageContaining("oncrpc.rdma.provider");
    }

    /** READ replies are the application's own memory. */
    private static final class ShallowProgram extends EligibleDelegate {
        @Override
        public void dispatchOncRpcCall(RpcCall call) throws OncRpcException, IOException {
            if (call.getProcedure() == EchoProgram.READ) {
                EchoProgram.Int length = new EchoProgram.Int();
                call.retrieveCall(length);
                call.reply(new Shallow(EchoProgram.pattern(length.value)));
            } else {
                super.dispatchOncRpcCall(call);
            }
        }
    }

    /** {@link EligibleProgram}, whose binding the endpoint finds by itself. */
    private static class EligibleDelegate implements RpcDispatchable {
        private final EligibleProgram program = new EligibleProgram();

        @Override
        public void dispatchOncRpcCall(RpcCall call) throws OncRpcException, IOException {
            program.dispatchOncRpcCall(call);
        }
    }

    /** opaque&lt;&gt; by reference. */
    private record Shallow(byte[] value) implements XdrAble {
        @Override
        public void xdrDecode(XdrDecodingStream xdr) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void xdrEncode(XdrEncodingStream xdr) {
            ((Xdr) xdr).xdrEncodeShallowByteBuffer(new ByteBufferWrapper(ByteBuffer.wrap(value)));
        }
    }
}
