// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfsclient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.dcache.oncrpc4j.rdma.nfsclient.Samples.FILE;
import static org.dcache.oncrpc4j.rdma.nfsclient.Samples.attributes;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.FileType3;
import org.dcache.oncrpc4j.rdma.nfs3.Mount3;
import org.dcache.oncrpc4j.rdma.nfs3.Nfs3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.mount.Mount3Res;
import org.dcache.oncrpc4j.rdma.nfs3.mount.MountStat3;
import org.dcache.oncrpc4j.rdma.nfs3.results.Getattr3Res;
import org.dcache.oncrpc4j.rpc.OncRpcAcceptedException;
import org.dcache.oncrpc4j.xdr.XdrAble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ServerLinkTest {

    private static ScriptedServer getattr(int port) throws IOException {
        return new ScriptedServer(port, server ->
                server.on(Nfs3.GETATTR, FileHandle::decode, a -> new Getattr3Res(NfsStat3.NFS3_OK, attributes(FileType3.NF3REG, 0, 7))));
    }

    @Test
    void aServerWhoseNameNobodyKnowsIsRefused() {
        assertThatThrownBy(() -> ClientOptions.of(InetSocketAddress.createUnresolved("no-such-host.example", 2049)))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("no-such-host.example");
    }

    @Test
    void callsOfManyThreadsShareTheConnections() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try (ScriptedServer server = getattr(0); Nfs3Client client = new Nfs3Client(server.options().connections(3))) {
            List<Future<?>> calls = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                calls.add(threads.submit(() -> client.getattr(FILE)));
            }
            for (Future<?> call : calls) {
                call.get();
            }
            assertThat(client.connects()).isEqualTo(3);
            assertThat(client.repeats()).isZero();
            assertThat(server.called()).hasSize(100);
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void aServerThatIsNotThereYetIsWaitedFor() throws Exception {
        int port = freePort();
        try (Nfs3Client client = new Nfs3Client(ScriptedServer.options(port))) {
            CompletableFuture<Long> answer = CompletableFuture.supplyAsync(() -> {
                try {
                    return client.getattr(FILE).fileid();
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            assertThat(answer).isNotDone();
            try (ScriptedServer server = getattr(port)) {
                assertThat(answer.get()).isEqualTo(7);
                assertThat(server.called()).hasSize(1);
            }
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0)) {
            return free.getLocalPort();
        }
    }

    @Test
    void aServerThatStaysAwayIsGivenUp() throws Exception {
        int port = freePort();
        ClientOptions options = ScriptedServer.options(port).times(Duration.ofSeconds(20), Duration.ofSeconds(1));
        try (Nfs3Client client = new Nfs3Client(options)) {
            assertThatThrownBy(() -> client.getattr(FILE)).isInstanceOf(ServerUnreachableException.class).hasMessageContaining("PT1S")
                    // The last attempt has what is left of the second, which may be too little to be refused in.
                    .hasMessageMatching(".*the last attempt ended with .*(refused|TimeoutException).*");
        }
    }

    @Test
    void aReplyThatDoesNotComeInTimeIsALostOne() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        CountDownLatch over = new CountDownLatch(1);
        try (ScriptedServer server = new ScriptedServer(0)) {
            server.on(Nfs3.GETATTR, FileHandle::decode, a -> {
                if (calls.incrementAndGet() == 1) {
                    await(over);
                }
                return new Getattr3Res(NfsStat3.NFS3_OK, attributes(FileType3.NF3REG, 0, 7));
            });
            try (Nfs3Client client = new Nfs3Client(server.options().times(Duration.ofMillis(300), Duration.ofSeconds(20)))) {
                assertThat(client.getattr(FILE).fileid()).isEqualTo(7);
                assertThat(client.connects()).isEqualTo(2);
                assertThat(client.repeats()).isEqualTo(1);
            } finally {
                over.countDown();
            }
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void whatTheServerRefusesIsNotRepeated() throws Exception {
        try (ScriptedServer server = new ScriptedServer(0); Nfs3Client client = server.client()) {
            assertThatThrownBy(() -> client.getattr(FILE)).isInstanceOf(OncRpcAcceptedException.class);
            assertThat(server.called()).hasSize(1);
        }
    }

    @Test
    void aReplyThatCannotBeReadIsNotAskedForAgain() throws Exception {
        XdrAble short3 = new org.dcache.oncrpc4j.xdr.XdrInt(0);
        try (ScriptedServer server = new ScriptedServer(0).on(Nfs3.GETATTR, FileHandle::decode, a -> short3);
                Nfs3Client client = server.client()) {
            assertThatThrownBy(() -> client.getattr(FILE)).isInstanceOf(IOException.class);
            assertThat(server.called()).hasSize(1);
        }
    }

    @Test
    void aServerWithoutTimeIsAskedAgain() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        try (ScriptedServer server = new ScriptedServer(0); Nfs3Client client = server.client()) {
            server.on(Nfs3.GETATTR, FileHandle::decode, a -> calls.incrementAndGet() < 2
                    ? Getattr3Res.failed(NfsStat3.NFS3ERR_JUKEBOX) : new Getattr3Res(NfsStat3.NFS3_OK, attributes(FileType3.NF3REG, 0, 7)));
            assertThat(client.getattr(FILE).fileid()).isEqualTo(7);
            assertThat(client.repeats()).isZero();
        }
    }

    @Test
    void closingFailsCallsThatWaitForAConnection() throws Exception {
        int port = freePort();
        ClientOptions options = ScriptedServer.options(port).pauses(Duration.ofSeconds(30), Duration.ofSeconds(30))
                .times(Duration.ofSeconds(50),
                Duration.ofSeconds(50));
        Nfs3Client client = new Nfs3Client(options);
        CompletableFuture<Void> call = CompletableFuture.runAsync(() -> {
            try {
                client.getattr(FILE);
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        client.close();
        assertThatThrownBy(call::get).isInstanceOf(ExecutionException.class).hasRootCauseInstanceOf(EOFException.class);
        assertThatThrownBy(() -> client.getattr(FILE)).isInstanceOf(EOFException.class);
    }

    @Test
    void pausesGrowToTheirLimit() {
        ClientOptions options = ClientOptions.of(new InetSocketAddress("127.0.0.1", 1))
                .pauses(Duration.ofMillis(100), Duration.ofSeconds(1));
        assertThat(List.of(0, 1, 2, 3, 4, 5, 6, 1000).stream().map(n -> options.pause(n).toMillis()))
                .containsExactly(0L, 100L, 200L, 400L, 800L, 1000L, 1000L, 1000L);
    }

    @Test
    void mountingIsRefusedOrGivesAHandle() throws Exception {
        try (ScriptedServer server = new ScriptedServer(0); MountClient mount = new MountClient(server.options())) {
            server.onMount(Mount3.MNT, NfsText::decodeDirPath, path -> path.toString().equals("/export")
                    ? Mount3Res.ok(FILE, List.of(1)) : Mount3Res.failed(MountStat3.MNT3ERR_ACCES));
            assertThat(mount.mount("/export")).isEqualTo(FILE);
            assertThatThrownBy(() -> mount.mount("/etc")).isInstanceOfSatisfying(MountException.class,
                    e -> assertThat(e.status()).isEqualTo(MountStat3.MNT3ERR_ACCES)).hasMessageContaining("/etc");
        }
    }
}
