// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.dcache.oncrpc4j.rdma.export.tree.memory.MemoryTree;
import org.dcache.oncrpc4j.rdma.iwarp.RawPeer;
import org.dcache.oncrpc4j.rdma.nfs3.BulkData;
import org.dcache.oncrpc4j.rdma.nfs3.CreateMode3;
import org.dcache.oncrpc4j.rdma.nfs3.Decoded;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.Mount3;
import org.dcache.oncrpc4j.rdma.nfs3.Nfs3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.Sattr3;
import org.dcache.oncrpc4j.rdma.nfs3.args.Create3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Read3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Write3Args;
import org.dcache.oncrpc4j.rdma.nfs3.mount.Mount3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Create3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Read3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Write3Res;
import org.dcache.oncrpc4j.rdma.proto.RdmaHeader;
import org.dcache.oncrpc4j.rdma.rpc.harness.BareClient;
import org.dcache.oncrpc4j.rdma.rpc.harness.LocalEndpoints;
import org.dcache.oncrpc4j.rdma.rpc.harness.RawClient;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.xdr.XdrAble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A client over RDMA that asks for a file again and again, and reads nothing of what it is sent. */
class StuckRdmaClientTest {

    private static final int MIB = 1 << 20;
    private static final int CREDITS = 64;

    private final AtomicLong now = new AtomicLong();
    private final ReadBuffers buffers = new ReadBuffers(12 * MIB, now::get);

    @Test
    @Timeout(40)
    void isCutOffForThoseWhoAreRefused() throws Exception {
        ByteArrayOutputStream log = new ByteArrayOutputStream();
        PrintStream err = System.err;
        System.setErr(new PrintStream(log, true));
        ExecutorService executor = Executors.newFixedThreadPool(4);
        NfsExport export = new NfsExport(new MemoryTree(4 * MIB), ExportOptions.DEFAULT.withSquash(Squash.NONE), buffers, 4);
        try (export; LocalEndpoints peers = new LocalEndpoints(Map.of("oncrpc.rdma.credits", "" + CREDITS, "oncrpc.rdma.iwarp.crc", "off"),
                        export.programs(), executor)) {
            RpcTransport other = peers.connect();
            FileHandle file = file(other);
            try (RawClient stuck = RawClient.connected(peers.server().localAddress())) {
                stuck.peer.socket().setReceiveBufferSize(4096);
                // One after the other, so that the sockets have taken what they take before the memory is used up.
                for (int i = 1; i < CREDITS && export.counters().get(ExportCounter.READ_WITHOUT_MEMORY) == 0; i++) {
                    stuck.peer.sendFpdu(RawPeer.sendMessage(i, read(i, file)));
                    settle();
                }
                until(() -> status(other, file) == NfsStat3.NFS3ERR_JUKEBOX);
                // Again and again, but seldom: the sockets may have taken a part of a reply, which is progress, after the first time.
                AtomicInteger tries = new AtomicInteger();
                until(() -> {
                    if (tries.getAndIncrement() % 200 == 0) {
                        now.addAndGet(TimeUnit.MINUTES.toNanos(1));
                    }
                    return status(other, file) == NfsStat3.NFS3_OK;
                });
                until(() -> buffers.inUse() == 0);
                assertThat(log.toString().split("it takes no replies", -1)).as("%s", log).hasSize(2);
            }
        } finally {
            executor.shutdownNow();
            System.setErr(err);
        }
    }

    /** Until the memory in use has not changed for a while. */
    private void settle() throws InterruptedException {
        long before;
        do {
            before = buffers.inUse();
            Thread.sleep(30);
        } while (before != buffers.inUse());
    }

    /** Asks until it is so; the test's own bound on time ends it else. */
    private static void until(Callable<Boolean> condition) throws Exception {
        while (!condition.call()) {
            Thread.sleep(10);
        }
    }

    private static byte[] read(int xid, FileHandle file) throws IOException {
        byte[] handle = file.bytes();
        RdmaHeader header = BareClient.header(xid, RdmaHeader.RDMA_MSG);
        header.beginWrite();
        header.addWriteSegment(0x1234, MIB, 0x10000);
        ByteBuffer message = ByteBuffer.allocate(header.encodedLength() + 100 + handle.length);
        header.encode(message, 0);
        message.position(header.encodedLength());
        message.putInt(xid).putInt(0).putInt(2).putInt(Nfs3.PROGRAM).putInt(Nfs3.VERSION).putInt(Nfs3.READ);
        message.putInt(1).putInt(20).putInt(0).putInt(0).putInt(0).putInt(0).putInt(0).putLong(0);
        message.putInt(handle.length).put(handle).position(message.position() + 3 & ~3).putLong(0).putInt(MIB);
        byte[] bytes = new byte[message.position()];
        message.flip().get(bytes);
        return bytes;
    }

    private static FileHandle file(RpcTransport transport) throws Exception {
        FileHandle root = call(transport, Mount3.PROGRAM, Mount3.MNT, NfsText.of("/"), Mount3Res::decode).handle();
        FileHandle file = call(transport, Nfs3.PROGRAM, Nfs3.CREATE,
                Create3Args.of(Mounted.in(root, "file"), CreateMode3.GUARDED, Sattr3.ofMode(0644)), Create3Res::decode).object();
        call(transport, Nfs3.PROGRAM, Nfs3.WRITE,
                new Write3Args(file, 0, MIB, Nfs3.UNSTABLE, BulkData.copied(ByteBuffer.allocate(MIB))), Write3Res::decode);
        return file;
    }

    private static NfsStat3 status(RpcTransport transport, FileHandle file) throws IOException, TimeoutException {
        return call(transport, Nfs3.PROGRAM, Nfs3.READ, new Read3Args(file, 0, MIB), Read3Res::decode).status();
    }

    private static <T> T call(RpcTransport transport, int program, int procedure, XdrAble arguments, Decoded.Reader<T> reader)
            throws IOException, TimeoutException {
        Decoded<T> slot = new Decoded<>(reader);
        new RpcCall(program, 3, Mounted.unix(0, 0), transport).call(procedure, arguments, slot, 60, TimeUnit.SECONDS);
        return slot.value();
    }
}
