// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfsclient;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import org.dcache.oncrpc4j.rdma.nfs3.Decoded;
import org.dcache.oncrpc4j.rdma.nfs3.Mount3;
import org.dcache.oncrpc4j.rdma.nfs3.Nfs3;
import org.dcache.oncrpc4j.rdma.tool.relay.Relay;
import org.dcache.oncrpc4j.rdma.tool.relay.Tap;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.OncRpcSvc;
import org.dcache.oncrpc4j.rpc.OncRpcSvcBuilder;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;
import org.dcache.oncrpc4j.xdr.XdrAble;

/**
 * A real oncrpc4j service on TCP whose procedures do what a test says, behind a relay that can lose replies: the call was executed, then
 * the connection breaks.
 */
final class ScriptedServer implements AutoCloseable {

    private interface Procedure {
        XdrAble answer(RpcCall call) throws IOException;
    }

    private final Map<Integer, Procedure> procedures = new ConcurrentHashMap<>();
    private final List<Integer> called = new CopyOnWriteArrayList<>();
    private final AtomicInteger toLose = new AtomicInteger();
    private final OncRpcSvc service;
    private final Relay relay;

    /** @param port of the service itself, on 127.0.0.1; 0: any */
    ScriptedServer(int port) throws IOException {
        this(port, server -> {});
    }

    /** @param script what it does from its first call on */
    ScriptedServer(int port, Consumer<ScriptedServer> script) throws IOException {
        script.accept(this);
        service = new OncRpcSvcBuilder().withTCP().withoutAutoPublish().withBindAddress("127.0.0.1").withPort(port)
                .withWorkerThreadIoStrategy()
                .withServiceName("scripted")
                .withRpcService(new OncRpcProgram(Nfs3.PROGRAM, Nfs3.VERSION), call -> dispatch(call, call.getProcedure()))
                .withRpcService(new OncRpcProgram(Mount3.PROGRAM, Mount3.VERSION), call -> dispatch(call, 100 + call.getProcedure()))
                .build();
        service.start();
        relay = new Relay(service.getInetSocketAddress(IpProtocolType.TCP).getPort(), () -> new Tap() {
            @Override
            public Verdict toServer(byte[] bytes, int offset, int length) {
                return Verdict.PASS;
            }

            @Override
            public Verdict toClient(byte[] bytes, int offset, int length) {
                return toLose.getAndUpdate(n -> Math.max(0, n - 1)) > 0 ? Verdict.RESET : Verdict.PASS;
            }
        });
    }

    private void dispatch(RpcCall call, int key) throws IOException {
        called.add(key);
        Procedure procedure = procedures.get(key);
        if (procedure == null) {
            call.failProcedureUnavailable();
            return;
        }
        call.reply(procedure.answer(call));
    }

    /** What an NFS procedure does. */
    <A> ScriptedServer on(int procedure, Decoded.Reader<A> arguments, Function<A, XdrAble> answer) {
        procedures.put(procedure, call -> {
            Decoded<A> decoded = new Decoded<>(arguments);
            call.retrieveCall(decoded);
            return answer.apply(decoded.value());
        });
        return this;
    }

    /** What a MOUNT procedure does. */
    <A> ScriptedServer onMount(int procedure, Decoded.Reader<A> arguments, Function<A, XdrAble> answer) {
        return on(100 + procedure, arguments, answer);
    }

    /** The next replies are lost, and their connections with them. */
    void lose(int replies) {
        toLose.set(replies);
    }

    /** Numbers of the NFS procedures that were called, in order; repetitions included. */
    List<Integer> called() {
        return called;
    }

    ClientOptions options() {
        return options(relay.port());
    }

    /** Quick to connect again. */
    static ClientOptions options(int port) {
        return ClientOptions.of(new InetSocketAddress("127.0.0.1", port)).pauses(Duration.ofMillis(1), Duration.ofMillis(20))
                .times(Duration.ofSeconds(20), Duration.ofSeconds(20));
    }

    Nfs3Client client() {
        return new Nfs3Client(options());
    }

    @Override
    public void close() throws IOException {
        relay.close();
        service.stop();
    }
}
