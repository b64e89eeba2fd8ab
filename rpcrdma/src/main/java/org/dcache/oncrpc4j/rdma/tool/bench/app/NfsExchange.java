// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.dcache.oncrpc4j.rdma.nfs3.BulkData;
import org.dcache.oncrpc4j.rdma.nfs3.Decoded;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.Nfs3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.Sattr3;
import org.dcache.oncrpc4j.rdma.nfs3.args.Read3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Write3Args;
import org.dcache.oncrpc4j.rdma.nfs3.results.Read3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Write3Res;
import org.dcache.oncrpc4j.rdma.nfsclient.BlockSource;
import org.dcache.oncrpc4j.rdma.nfsclient.ClientOptions;
import org.dcache.oncrpc4j.rdma.nfsclient.MountClient;
import org.dcache.oncrpc4j.rdma.nfsclient.Nfs3Client;
import org.dcache.oncrpc4j.rdma.nfsclient.RemoteFile;
import org.dcache.oncrpc4j.rpc.RpcAuth;
import org.dcache.oncrpc4j.xdr.XdrAble;
import org.dcache.oncrpc4j.xdr.XdrVoid;

/**
 * READ and WRITE of NFS version 3. For each size there is a file of {@value Tags#BLOCKS} blocks, made before the first load of that size.
 * Each call takes the next block, and the data of each block has its tag, so that the data of another call is detected. WRITEs are UNSTABLE
 * and sent without a copy; they do not change the content, so that READs of the same file may go on.
 */
final class NfsExchange implements Exchange {

    private final Point point;
    private final Pattern pattern;
    private final FileHandle file;
    private final ByteBuffer[] blocks;
    private final boolean everyByte;
    private Decoded<Read3Res> read;
    private Decoded<Write3Res> written;
    private int block;

    private NfsExchange(Point point, Pattern pattern, FileHandle file, ByteBuffer[] blocks, boolean everyByte) {
        this.point = point;
        this.pattern = pattern;
        this.file = file;
        this.blocks = blocks;
        this.everyByte = everyByte;
    }

    /** @param server serves MOUNT as well */
    static Protocol protocol(InetSocketAddress server, RpcAuth credential) {
        ClientOptions options = ClientOptions.of(server).credential(credential);
        Map<Integer, FileHandle> files = new ConcurrentHashMap<>();
        return new Protocol() {
            @Override
            public int program() {
                return Nfs3.PROGRAM;
            }

            @Override
            public int version() {
                return Nfs3.VERSION;
            }

            @Override
            public Supply prepare(Point point, boolean everyByte) throws IOException {
                Pattern pattern = new Pattern(point.size());
                ByteBuffer[] blocks = new ByteBuffer[Tags.BLOCKS];
                for (int i = 0; i < Tags.BLOCKS; i++) {
                    ByteBuffer data = pattern.fill(ByteBuffer.allocateDirect(point.size()));
                    blocks[i] = pattern.stamp(data, Tags.ofBlock(i, false)).asReadOnlyBuffer();
                }
                FileHandle file = null;
                if (point.operation().hasData()) {
                    file = files.get(point.size());
                    if (file == null) {
                        file = file(options, point, blocks);
                        files.put(point.size(), file);
                    }
                }
                FileHandle made = file;
                return () -> new NfsExchange(point, pattern, made, blocks, everyByte);
            }
        };
    }

    /** Makes the file for this size, over a connection of its own. */
    private static FileHandle file(ClientOptions options, Point point, ByteBuffer[] blocks) throws IOException {
        FileHandle root;
        try (MountClient mount = new MountClient(options)) {
            root = mount.mount("/");
        }
        try (Nfs3Client client = new Nfs3Client(options)) {
            FileHandle file = client.create(root, NfsText.of("bench-" + point.size()), Sattr3.ofMode(0644)).handle();
            new RemoteFile(client, file, Math.max(512, point.size()), point.size()).copyFrom(new BlockSource() {
                @Override
                public long size() {
                    return (long) Tags.BLOCKS * point.size();
                }

                @Override
                public void fill(long offset, ByteBuffer target) {
                    target.put(blocks[(int) (offset / point.size())].duplicate());
                }
            });
            return file;
        }
    }

    @Override
    public int procedure() {
        return switch (point.operation()) {
            case NULL -> Nfs3.NULL;
            case READ -> Nfs3.READ;
            case WRITE -> Nfs3.WRITE;
        };
    }

    @Override
    public XdrAble arguments(long sequence) {
        block = (block + 1) % Tags.BLOCKS;
        long offset = (long) block * point.size();
        return switch (point.operation()) {
            case NULL -> XdrVoid.XDR_VOID;
            case READ -> new Read3Args(file, offset, point.size());
            case WRITE -> new Write3Args(file, offset, point.size(), Nfs3.UNSTABLE, BulkData.shared(blocks[block].duplicate()));
        };
    }

    @Override
    public XdrAble result() {
        return switch (point.operation()) {
            case NULL -> XdrVoid.XDR_VOID;
            case READ -> read = new Decoded<>(Read3Res::decode);
            case WRITE -> written = new Decoded<>(Write3Res::decode);
        };
    }

    @Override
    public void check() throws IOException {
        switch (point.operation()) {
            case NULL -> { }
            case READ -> {
                Read3Res result = read.value();
                if (result.status() != NfsStat3.NFS3_OK) {
                    throw new IOException("READ: expected NFS3_OK, got " + result.status());
                }
                pattern.check(result.data().bytes(), Tags.ofBlock(block, false), everyByte);
                read = null;
            }
            case WRITE -> {
                Write3Res result = written.value();
                if (result.status() != NfsStat3.NFS3_OK || result.count() != point.size()) {
                    throw new IOException("WRITE: expected NFS3_OK and a count of " + point.size() + ", got " + result.status() + " and "
                            + result.count());
                }
            }
        }
    }
}
