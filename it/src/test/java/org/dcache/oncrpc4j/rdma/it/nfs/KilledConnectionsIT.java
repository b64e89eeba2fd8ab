// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;
import org.dcache.oncrpc4j.rdma.it.nfs.app.Tree;
import org.dcache.oncrpc4j.rdma.tool.relay.Relay;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A tree is written and read by eight threads while connections are killed at random places. Nothing that the server committed may be lost,
 * every call must end, and neither side may keep anything of the connections that died: memory, registrations, threads, sockets.
 */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class KilledConnectionsIT {

    private static final int CONNECTIONS = 4;
    private static final String TREE = "5 400 false 8 262144";
    private static final int LEAST = 100;
    private static final int MOST = 4 << 20;

    /** Kills that a run must have at least. */
    private static final int KILLS = 30;

    /** How long closed sockets and idle threads may take to go. */
    private static final long SETTLE_NANOS = TimeUnit.SECONDS.toNanos(20);

    @TempDir
    private Path folder;

    @Test
    void nothingIsLostAndNothingLeaks() throws Exception {
        Tree tree = new Tree(5, 400, false);
        Path warm = folder.resolve("warm");
        Path digests = folder.resolve("digests");
        try (JvmProcess server = Programs.memoryServer(Programs.RDMA); JvmProcess client = Programs.client(Programs.RDMA, CONNECTIONS)) {
            int port = Programs.port(server);
            // Once without kills: afterwards pools and threads exist, and no connection does.
            Programs.ask(client, "connect " + port);
            Programs.ask(client, "write 6 200 false 8 262144");
            Programs.ask(client, "read 6 200 false 8 262144 " + warm);
            Programs.ask(client, "close");
            Map<String, Long> serverLevels = idle(server);
            Map<String, Long> clientLevels = idle(client);

            Killer killer = new Killer(8166, LEAST, MOST);
            try (Relay relay = new Relay(port, killer)) {
                Programs.ask(client, "connect " + relay.port());
                Programs.ask(client, "root killed");
                Map<String, String> written = Programs.ask(client, "write " + TREE);
                Map<String, String> read = Programs.ask(client, "read " + TREE + ' ' + digests);
                assertThat(killer.killed()).isGreaterThan(KILLS);
                assertThat(Integer.parseInt(written.get("repeats"))).isPositive();
                assertThat(Integer.parseInt(read.get("repeats"))).isGreaterThan(Integer.parseInt(written.get("repeats")));
                Programs.ask(client, "close");
            }
            assertSame(tree, Files.readAllLines(digests));

            // What the server has is seen by a connection that nobody kills.
            Programs.ask(client, "connect " + port);
            Programs.ask(client, "root killed");
            Map<String, String> healthy = Programs.ask(client, "read " + TREE + ' ' + digests);
            assertThat(healthy).containsEntry("repeats", "0");
            assertSame(tree, Files.readAllLines(digests));
            Programs.ask(client, "close");

            assertBack(server, serverLevels);
            assertBack(client, clientLevels);
            assertThat(Programs.ask(server, "memory")).containsEntry("bytes", "0");
            Programs.quit(client, server);
        }
    }

    /** The server is killed too, several times, and comes back on another port: what was not committed is written again. */
    @Test
    void aServerThatIsKilledLosesNothingThatWasCommitted() throws Exception {
        Tree tree = new Tree(5, 400, false);
        Path exported = Files.createDirectory(folder.resolve("exported"));
        JvmProcess server = Programs.directoryServer(Programs.RDMA, exported);
        try (JvmProcess client = Programs.client(Programs.RDMA, CONNECTIONS)) {
            Killer killer = new Killer(8167, MOST, MOST + 1);
            try (Relay relay = new Relay(Programs.port(server), killer)) {
                Programs.ask(client, "connect " + relay.port());
                client.send("write " + TREE);
                for (int restart = 1; restart <= 3; restart++) {
                    awaitFiles(exported, restart * 90, client);
                    server.close();
                    server = Programs.directoryServer(Programs.RDMA, exported);
                    relay.target(Programs.port(server));
                }
                assertThat(client.expectOneOf("DONE write", "FAILED ")).startsWith("DONE");
            }
            for (Tree.File file : tree.files()) {
                ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(exported.resolve(file.path())));
                assertThat(bytes.remaining()).as(file.path()).isEqualTo((int) file.size());
                assertThat(file.content().mismatch(0, bytes)).as("first wrong byte of %s", file.path()).isEqualTo(-1);
            }
            Programs.quit(client, server);
        } finally {
            server.close();
        }
    }

    private static void awaitFiles(Path directory, int count, JvmProcess client) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(3);
        while (System.nanoTime() < deadline) {
            try (var files = Files.walk(directory)) {
                if (files.filter(Files::isRegularFile).count() >= count) {
                    return;
                }
            } catch (java.io.UncheckedIOException e) {
                // a name that went while it was looked at
            }
            assertThat(client.lines()).as("what the client says while " + count + " files are awaited")
                    .noneMatch(line -> line.startsWith("FAILED"));
            TimeUnit.MILLISECONDS.sleep(20);
        }
        throw new AssertionError("expected " + count + " files in " + directory + "; the client's output:\n" + client.output());
    }

    private static void assertSame(Tree tree, List<String> digests) {
        assertThat(digests).isEqualTo(tree.files().stream().map(file -> file.path() + ' ' + file.size() + ' ' + file.content().digest())
                .sorted().toList());
    }

    /** Levels once no connection is up. */
    private static Map<String, Long> idle(JvmProcess program) throws InterruptedException {
        long deadline = System.nanoTime() + SETTLE_NANOS;
        Map<String, Long> levels = Programs.numbers(program, "levels");
        while (levels.getOrDefault("xprt.connections", 0L) > 0 && System.nanoTime() < deadline) {
            TimeUnit.MILLISECONDS.sleep(50);
            levels = Programs.numbers(program, "levels");
        }
        return levels;
    }

    /** Waits until nothing is higher than it was, but for slabs, which are kept within the budget. */
    private static void assertBack(JvmProcess program, Map<String, Long> before) throws InterruptedException {
        long deadline = System.nanoTime() + SETTLE_NANOS;
        Map<String, Long> higher;
        do {
            TimeUnit.MILLISECONDS.sleep(50);
            higher = new TreeMap<>(Programs.numbers(program, "levels"));
            higher.remove("xprt.regbuf_bytes");
            higher.entrySet().removeIf(level -> level.getValue() <= before.getOrDefault(level.getKey(), 0L));
        } while (!higher.isEmpty() && System.nanoTime() < deadline);
        assertThat(higher).as("levels that are higher than before, when they were %s", before).isEmpty();
    }
}
