// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import javax.management.JMException;
import org.dcache.oncrpc4j.rdma.export.ExportOptions;
import org.dcache.oncrpc4j.rdma.export.NfsExport;
import org.dcache.oncrpc4j.rdma.export.Squash;
import org.dcache.oncrpc4j.rdma.export.tree.memory.MemoryTree;
import org.dcache.oncrpc4j.rdma.nfs3.EntryPlus3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.Nfs3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.Sattr3;
import org.dcache.oncrpc4j.rdma.nfs3.results.Read3Res;
import org.dcache.oncrpc4j.rdma.nfsclient.ClientOptions;
import org.dcache.oncrpc4j.rdma.nfsclient.Directory;
import org.dcache.oncrpc4j.rdma.nfsclient.MountClient;
import org.dcache.oncrpc4j.rdma.nfsclient.Nfs3Client;
import org.dcache.oncrpc4j.rdma.nfsclient.NfsException;
import org.dcache.oncrpc4j.rdma.tool.counters.CounterDelta;
import org.dcache.oncrpc4j.rdma.tool.counters.JmxCounters;
import org.dcache.oncrpc4j.rpc.OncRpcSvc;
import org.dcache.oncrpc4j.rpc.OncRpcSvcBuilder;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeUnix;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Each NFS operation by itself, client and built-in export in this JVM, which has the agent: whether call and reply use inline messages or
 * which chunks, on both sides of each threshold. Results are checked too.
 */
@Tag("over-rdma")
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PathsIT {

    private static final int INLINE = 4096;
    private static final String MACHINE = "paths";
    private static final NfsText NAME = NfsText.of("name");

    private final NfsExport export = new NfsExport(new MemoryTree(64 << 20), ExportOptions.DEFAULT.withSquash(Squash.NONE));
    private OncRpcSvc server;
    private Nfs3Client client;
    private FileHandle root;
    private Map<String, Long> before;

    @BeforeEach
    void start() throws Exception {
        OncRpcSvcBuilder builder = new OncRpcSvcBuilder().withTCP().withoutAutoPublish().withBindAddress("127.0.0.1")
                .withWorkerThreadIoStrategy()
                .withServiceName("export");
        export.programs().forEach(builder::withRpcService);
        server = builder.build();
        server.start();
        InetSocketAddress address = server.getInetSocketAddress(IpProtocolType.TCP);
        ClientOptions options = ClientOptions.of(address).credential(new RpcAuthTypeUnix(0, 0, new int[0], 0, MACHINE));
        try (MountClient mount = new MountClient(options)) {
            root = mount.mount("/");
        }
        client = new Nfs3Client(options);
        assertThat(client.transports())
                .allSatisfy(t -> assertThat(t.getClass().getName()).isEqualTo("org.dcache.oncrpc4j.rdma.rpc.RdmaRpcTransport"));
        client.ping();
    }

    @AfterEach
    void stop() throws IOException {
        client.close();
        server.stop();
        export.close();
    }

    private void begin() throws JMException {
        before = JmxCounters.read().orElseThrow();
    }

    private ExpectedCounters expected() {
        return new ExpectedCounters(INLINE, ExpectedCounters.authSys(MACHINE));
    }

    /** Both sides are in this JVM: each counter shows the sum. */
    private void costs(ExpectedCounters expected) throws JMException {
        Map<String, Long> both = new TreeMap<>(expected.client());
        expected.server().forEach((name, n) -> both.merge(name, n, Long::sum));
        assertThat(CounterDelta.of(before, JmxCounters.read().orElseThrow())).isEqualTo(both);
    }

    private FileHandle file(int size) throws IOException {
        FileHandle file = client.create(root, NAME, Sattr3.ofMode(0644)).handle();
        if (size > 0) {
            client.write(file, 0, Nfs3.FILE_SYNC, bytes(size));
        }
        return file;
    }

    private static ByteBuffer bytes(int size) {
        ByteBuffer bytes = ByteBuffer.allocate(size);
        for (int i = 0; i < size; i++) {
            bytes.put(i, (byte) (i * 31 + (i >> 8)));
        }
        return bytes;
    }

    /**
     * Largest WRITE that goes inline here: 4096 less 28 for the transport's header, 40 for RPC's, 28 for the credential, 20 for the handle,
     * 20 for the other arguments.
     */
    private static final int INLINE_WRITE = 3960;

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 4096 - 200, INLINE_WRITE - 4, INLINE_WRITE - 1, INLINE_WRITE, INLINE_WRITE + 1, INLINE_WRITE + 2,
            INLINE_WRITE + 4, 4096,
        65_537, 1_048_573, 1_048_576})
    void writeGoesInlineOrByAReadChunk(int size) throws Exception {
        FileHandle file = file(0);
        begin();
        assertThat(client.write(file, 0, Nfs3.UNSTABLE, bytes(size)).count()).isEqualTo(size);
        costs(expected().write(file.length(), size));
        assertThat(client.read(file, 0, 1 << 20).data().bytes()).isEqualTo(bytes(size));
    }

    @Test
    void theThresholdOfWriteIsWhereItIsThoughtToBe() {
        assertThat(expected().write(16, INLINE_WRITE).client()).containsKey("xprt.client_call_inline");
        assertThat(expected().write(16, INLINE_WRITE + 1).client()).containsKey("xprt.client_call_read_chunk");
        assertThat(expected().read(3540, 1).client()).doesNotContainKey("xprt.client_offered_write_chunk");
        assertThat(expected().read(3541, 1).client()).containsKey("xprt.client_offered_write_chunk");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 3539, 3540, 3541, 3544, 4095, 4096, 4097, 65_538, 1_048_575, 1_048_576})
    void readComesInlineOrByAWriteChunk(int count) throws Exception {
        FileHandle file = file(1 << 20);
        begin();
        Read3Res read = client.read(file, 0, count);
        costs(expected().read(count, count));
        assertThat(read.data().bytes()).isEqualTo(bytes(1 << 20).limit(count));
        assertThat(read.eof()).isEqualTo(count == 1 << 20);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 4099})
    void aReadThatBringsLessThanItAskedForUsesTheChunkForThat(int size) throws Exception {
        FileHandle file = file(size);
        begin();
        Read3Res read = client.read(file, 0, 1 << 20);
        costs(expected().read(1 << 20, size));
        assertThat(read.data().bytes()).isEqualTo(bytes(size));
        assertThat(read.eof()).isTrue();
    }

    @Test
    void aReadThatFailsGivesItsChunkBackUnused() throws Exception {
        begin();
        assertThatThrownBy(() -> client.read(root, 0, 1 << 20)).isInstanceOfSatisfying(NfsException.class,
                e -> assertThat(e.status()).isEqualTo(NfsStat3.NFS3ERR_ISDIR));
        costs(expected().read(1 << 20, 0));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 100, 1023, 3900, 3950, 4000, 4095})
    void pathsOfLinksGoInlineOrByChunksAndComeByWriteChunks(int length) throws Exception {
        NfsText path = NfsText.of("p".repeat(length));
        begin();
        FileHandle link = client.symlink(root, NAME, Sattr3.NONE, path).handle();
        costs(expected().symlink(root.length(), NAME.length(), length));
        begin();
        assertThat(client.readlink(link)).isEqualTo(path);
        costs(expected().readlink(length));
    }

    @Test
    void directoriesComeInlineOrByTheReplyChunk() throws Exception {
        FileHandle directory = client.mkdir(root, NfsText.of("dir"), Sattr3.ofMode(0755)).handle();
        for (int files = 0; files < 40; files += 8) {
            for (int i = 0; i < 8; i++) {
                client.create(directory, NfsText.of(String.format("file%02d", files + i)), Sattr3.NONE);
            }
            int came = ExpectedCounters.emptyReaddirplus() + ExpectedCounters.entryplus(1, root.length())
                    + ExpectedCounters.entryplus(2, root.length())
                    + (files + 8) * ExpectedCounters.entryplus(6, root.length());
            begin();
            List<EntryPlus3> entries = new Directory(client, directory).entries(32 << 10);
            costs(expected().readdir(32 << 10, came));
            assertThat(entries).hasSize(files + 10);
        }
    }

    @Test
    void whatHasNoDataGoesInlineBothWays() throws Exception {
        FileHandle file = file(10);
        begin();
        client.ping();
        client.getattr(file);
        client.setattr(file, Sattr3.ofSize(20L), null);
        client.lookup(root, NAME);
        client.access(file, Nfs3.ACCESS3_READ);
        client.mkdir(root, NfsText.of("dir"), Sattr3.NONE);
        client.link(file, root, NfsText.of("link"));
        client.rename(root, NfsText.of("link"), root, NfsText.of("renamed"));
        client.createExclusive(root, NfsText.of("exclusive"), 8166);
        client.remove(root, NfsText.of("renamed"));
        client.rmdir(root, NfsText.of("dir"));
        client.fsstat(root);
        client.fsinfo(root);
        client.pathconf(root);
        client.commit(file, 0, 0);
        costs(expected().small(15));
    }
}
