// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.dcache.oncrpc4j.rdma.export.tree.ExportTree;
import org.dcache.oncrpc4j.rdma.nfs3.BulkData;
import org.dcache.oncrpc4j.rdma.nfs3.CreateMode3;
import org.dcache.oncrpc4j.rdma.nfs3.Decoded;
import org.dcache.oncrpc4j.rdma.nfs3.DirOpArgs3;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.Mount3;
import org.dcache.oncrpc4j.rdma.nfs3.Nfs3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.Sattr3;
import org.dcache.oncrpc4j.rdma.nfs3.args.Create3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Mkdir3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Read3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Write3Args;
import org.dcache.oncrpc4j.rdma.nfs3.mount.Mount3Res;
import org.dcache.oncrpc4j.rdma.nfs3.mount.MountStat3;
import org.dcache.oncrpc4j.rdma.nfs3.results.Create3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Getattr3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Lookup3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Read3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Write3Res;
import org.dcache.oncrpc4j.rpc.OncRpcClient;
import org.dcache.oncrpc4j.rpc.RpcAuth;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeUnix;
import org.dcache.oncrpc4j.rpc.RpcCall;
import org.dcache.oncrpc4j.rpc.RpcTransport;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;
import org.dcache.oncrpc4j.xdr.XdrAble;

/** An export in this JVM with a client that has mounted it over TCP, as one user at a time. */
final class Mounted implements AutoCloseable {

    private static final long TIMEOUT_SECONDS = 30;

    final NfsExport export;
    final ExportServer server;
    private final OncRpcClient client;
    private final RpcTransport transport;
    private RpcAuth user = unix(0, 0);
    final FileHandle root;

    /** @param tree closed with this */
    Mounted(ExportTree tree, ExportOptions options) throws IOException {
        this(tree, options, 4);
    }

    /** @param threads of the server */
    Mounted(ExportTree tree, ExportOptions options, int threads) throws IOException {
        export = new NfsExport(tree, options, threads);
        server = new ExportServer(export, "127.0.0.1", 0, threads);
        server.start();
        client = new OncRpcClient(InetAddress.getByName("127.0.0.1"), IpProtocolType.TCP, server.port());
        transport = client.connect();
        root = mount("/").handle();
    }

    /** As root, who is root. */
    static Mounted asRoot(ExportTree tree) throws IOException {
        return new Mounted(tree, ExportOptions.DEFAULT.withSquash(Squash.NONE));
    }

    static RpcAuth unix(int uid, int gid, int... groups) {
        return new RpcAuthTypeUnix(uid, gid, groups, 1, "test");
    }

    /** Who the calls from now on come from. */
    Mounted as(RpcAuth newUser) {
        user = newUser;
        return this;
    }

    RpcTransport transport() {
        return transport;
    }

    Mount3Res mount(String path) throws IOException {
        return call(Mount3.PROGRAM, Mount3.VERSION, Mount3.MNT, NfsText.of(path), Mount3Res::decode);
    }

    <T> T nfs(int procedure, XdrAble arguments, Decoded.Reader<T> reader) throws IOException {
        return call(Nfs3.PROGRAM, Nfs3.VERSION, procedure, arguments, reader);
    }

    <T> T call(int program, int version, int procedure, XdrAble arguments, Decoded.Reader<T> reader) throws IOException {
        Decoded<T> slot = new Decoded<>(reader);
        try {
            new RpcCall(program, version, user, transport).call(procedure, arguments, slot, TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new AssertionError("no answer to procedure " + procedure, e);
        }
        return slot.value();
    }

    static DirOpArgs3 in(FileHandle dir, String name) {
        return new DirOpArgs3(dir, NfsText.of(name));
    }

    Lookup3Res lookup(FileHandle dir, String name) throws IOException {
        return nfs(Nfs3.LOOKUP, in(dir, name), Lookup3Res::decode);
    }

    Getattr3Res getattr(FileHandle file) throws IOException {
        return nfs(Nfs3.GETATTR, file, Getattr3Res::decode);
    }

    Fattr3 attributes(FileHandle file) throws IOException {
        return must(getattr(file).status(), getattr(file)).attributes();
    }

    FileHandle mkdir(FileHandle dir, String name) throws IOException {
        Create3Res made = nfs(Nfs3.MKDIR, new Mkdir3Args(in(dir, name), Sattr3.ofMode(0755)), Create3Res::decode);
        return must(made.status(), made).object();
    }

    FileHandle create(FileHandle dir, String name) throws IOException {
        Create3Res made = nfs(Nfs3.CREATE, Create3Args.of(in(dir, name), CreateMode3.GUARDED, Sattr3.ofMode(0644)), Create3Res::decode);
        return must(made.status(), made).object();
    }

    Write3Res write(FileHandle file, long offset, byte[] data, int stable) throws IOException {
        return nfs(Nfs3.WRITE, new Write3Args(file, offset, data.length, stable, BulkData.copied(ByteBuffer.wrap(data))),
                Write3Res::decode);
    }

    Read3Res read(FileHandle file, long offset, int count) throws IOException {
        return nfs(Nfs3.READ, new Read3Args(file, offset, count), Read3Res::decode);
    }

    static <T> T must(NfsStat3 status, T result) {
        if (status != NfsStat3.NFS3_OK) {
            throw new AssertionError("expected NFS3_OK, got " + result);
        }
        return result;
    }

    /** Returns when no reply holds memory any more; the server learns that a reply has left after its client has it. */
    void awaitReplyMemory() {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(TIMEOUT_SECONDS);
        while (export.readMemoryInUse() != 0) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError(export.readMemoryInUse() + " bytes of reply memory never came back");
            }
            Thread.onSpinWait();
        }
    }

    /** Whether MOUNT gave out a handle. */
    static boolean isMounted(Mount3Res result) {
        return result.status() == MountStat3.MNT3_OK;
    }

    @Override
    public void close() throws IOException {
        client.close();
        server.close();
    }
}
