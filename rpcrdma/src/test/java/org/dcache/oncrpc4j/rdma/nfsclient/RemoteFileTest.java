// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfsclient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.dcache.oncrpc4j.rdma.nfsclient.Samples.FILE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.dcache.oncrpc4j.rdma.nfs3.BulkData;
import org.dcache.oncrpc4j.rdma.nfs3.Nfs3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.WccData;
import org.dcache.oncrpc4j.rdma.nfs3.args.Commit3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Read3Args;
import org.dcache.oncrpc4j.rdma.nfs3.args.Write3Args;
import org.dcache.oncrpc4j.rdma.nfs3.results.Commit3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Read3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Write3Res;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole files. The server keeps what is safe and what is not apart, and forgets the latter when it "restarts". */
@Timeout(60)
class RemoteFileTest {

    private static final int BLOCK = 1000;

    private final byte[] memory = new byte[20_000];
    private byte[] disk = new byte[20_000];
    private final List<Integer> stables = new CopyOnWriteArrayList<>();
    private final List<Read3Args> reads = new CopyOnWriteArrayList<>();
    private ScriptedServer server;
    private Nfs3Client client;

    // set by tests before the calls, read by the server's threads
    private volatile long verifier = 1;
    private volatile int restartAfter = -1;
    private volatile boolean restartAtCommit;
    private volatile int failCommits;
    private volatile int mostPerWrite = Integer.MAX_VALUE;
    private volatile int fileSize;

    @BeforeEach
    void start() throws IOException {
        server = new ScriptedServer(0);
        client = server.client();
        server.on(Nfs3.WRITE, Write3Args::decode, this::write).on(Nfs3.COMMIT, Commit3Args::decode, this::commit)
                .on(Nfs3.READ, Read3Args::decode, this::read);
    }

    @AfterEach
    void stop() throws IOException {
        client.close();
        server.close();
    }

    private synchronized Write3Res write(Write3Args a) {
        stables.add(a.stable());
        if (restartAfter == 0) {
            restart();
        }
        restartAfter--;
        int n = Math.min(mostPerWrite, a.count());
        a.data().bytes().get(memory, (int) a.offset(), n);
        if (a.stable() != Nfs3.UNSTABLE) {
            System.arraycopy(memory, (int) a.offset(), disk, (int) a.offset(), n);
        }
        return new Write3Res(NfsStat3.NFS3_OK, WccData.NONE, n, a.stable(), verifier);
    }

    private void restart() {
        System.arraycopy(disk, 0, memory, 0, disk.length);
        verifier++;
    }

    private synchronized Commit3Res commit(Commit3Args a) {
        if (failCommits > 0) {
            failCommits--;
            return Commit3Res.failed(NfsStat3.NFS3ERR_IO, WccData.NONE);
        }
        if (restartAtCommit) {
            restart();
        }
        disk = memory.clone();
        return new Commit3Res(NfsStat3.NFS3_OK, WccData.NONE, verifier);
    }

    private Read3Res read(Read3Args a) {
        reads.add(a);
        int n = (int) Math.max(0, Math.min(a.count(), fileSize - a.offset()));
        return new Read3Res(NfsStat3.NFS3_OK, null, n, a.offset() + n >= fileSize,
                BulkData.copied(ByteBuffer.wrap(memory, (int) a.offset(), n)));
    }

    private byte[] upload(int size) throws IOException {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        new RemoteFile(client, FILE, BLOCK, BLOCK).copyFrom(BlockSource.of(ByteBuffer.wrap(bytes)));
        assertThat(Arrays.copyOf(disk, size)).isEqualTo(bytes);
        return bytes;
    }

    private long calls(int procedure) {
        return server.called().stream().filter(p -> p == procedure).count();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 999, 1000})
    void aFileOfOneBlockIsWrittenSafelyAtOnce(int size) throws IOException {
        upload(size);
        assertThat(stables).containsExactly(Nfs3.FILE_SYNC);
        assertThat(calls(Nfs3.COMMIT)).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {1001, 9999, 10_000})
    void aLongerFileIsCommittedOnce(int size) throws IOException {
        upload(size);
        assertThat(calls(Nfs3.WRITE)).isEqualTo((size + BLOCK - 1) / BLOCK);
        assertThat(stables).containsOnly(Nfs3.UNSTABLE);
        assertThat(calls(Nfs3.COMMIT)).isEqualTo(1);
    }

    @Test
    void anEmptyFileNeedsNoCall() throws IOException {
        upload(0);
        assertThat(server.called()).isEmpty();
    }

    @Test
    void whatTheServerForgotIsWrittenAgain() throws IOException {
        restartAfter = 4;
        upload(10_000);
        // Four blocks were lost with the old verifier.
        assertThat(calls(Nfs3.WRITE)).isEqualTo(14);
        assertThat(calls(Nfs3.COMMIT)).isEqualTo(2);
    }

    @Test
    void aServerThatForgetsAgainAndAgainIsAnError() {
        restartAtCommit = true;
        assertThatThrownBy(() -> upload(10_000)).isInstanceOf(UnstableServerException.class);
    }

    @Test
    void aCommitThatFailsMakesItWriteSafely() throws IOException {
        failCommits = 1;
        upload(5_000);
        assertThat(stables).containsExactly(0, 0, 0, 0, 0, 2, 2, 2, 2, 2);
        assertThat(calls(Nfs3.COMMIT)).isEqualTo(1);
    }

    @Test
    void shortWritesAreGoneOnWith() throws IOException {
        mostPerWrite = 333;
        upload(3_000);
        assertThat(calls(Nfs3.WRITE)).isEqualTo(12);
    }

    @Test
    void aRestartInsideABlockOfShortWritesIsNoticed() throws IOException {
        mostPerWrite = 333;
        restartAfter = 6;
        upload(3_000);
    }

    @Test
    void aServerThatWritesNothingIsAnError() {
        mostPerWrite = 0;
        assertThatThrownBy(() -> upload(3_000)).isInstanceOf(IOException.class).hasMessageContaining("got 0");
    }

    @Test
    void repliesThatAreLostCostNoData() throws IOException {
        server.lose(3);
        upload(9_000);
        assertThat(client.repeats()).isEqualTo(3);
    }

    @Test
    void aLocalFileIsASource(@TempDir Path folder) throws IOException {
        byte[] bytes = new byte[4321];
        new Random(1).nextBytes(bytes);
        Path path = Files.write(folder.resolve("file"), bytes);
        try (FileChannel file = FileChannel.open(path)) {
            new RemoteFile(client, FILE, BLOCK, BLOCK).copyFrom(BlockSource.of(file));
        }
        assertThat(Arrays.copyOf(disk, 4321)).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 512, 999, 1000, 1001, 20_000})
    void aFileIsReadToItsEnd(int size) throws IOException {
        new Random(size).nextBytes(memory);
        fileSize = size;
        byte[] came = new byte[size];
        long n = new RemoteFile(client, FILE, BLOCK, BLOCK).copyTo(size, (offset, data) -> data.get(came, (int) offset, data.remaining()));
        assertThat(n).isEqualTo(size);
        assertThat(came).isEqualTo(Arrays.copyOf(memory, size));
        assertThat(reads).hasSize(Math.max(1, (size + BLOCK - 1) / BLOCK));
    }

    @Test
    void aFileThatGrewIsReadToItsNewEnd() throws IOException {
        fileSize = 5000;
        assertThat(new RemoteFile(client, FILE, BLOCK, BLOCK).copyTo(100, (offset, data) -> { })).isEqualTo(5000);
    }

    @Test
    void aReadWithoutBytesOrEndIsAnError() throws IOException {
        server.on(Nfs3.READ, Read3Args::decode,
                a -> new Read3Res(NfsStat3.NFS3_OK, null, 0, false, BulkData.copied(ByteBuffer.allocate(0))));
        assertThatThrownBy(() -> new RemoteFile(client, FILE, BLOCK, BLOCK).copyTo(100, (offset, data) -> { }))
                .isInstanceOf(IOException.class).hasMessageContaining("got 0 bytes");
    }

    @Test
    void moreBytesThanAskedForAreAnError() throws IOException {
        server.on(Nfs3.READ, Read3Args::decode,
                a -> new Read3Res(NfsStat3.NFS3_OK, null, 1001, true, BulkData.copied(ByteBuffer.allocate(1001))));
        assertThatThrownBy(() -> new RemoteFile(client, FILE, BLOCK, BLOCK).copyTo(5000, (offset, data) -> { }))
                .isInstanceOf(IOException.class).hasMessageContaining("got 1001 bytes");
    }
}
