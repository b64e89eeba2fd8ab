// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;
import org.dcache.oncrpc4j.rdma.it.nfs.app.Tree;
import org.dcache.oncrpc4j.rdma.it.nfs.app.TreeClient;
import org.dcache.oncrpc4j.rdma.tool.counters.CounterDelta;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A tree of files is written to the built-in export by eight threads of another JVM, and read back; every byte is compared where it is
 * read, and the digests of all files are compared with those of the tree. Over RDMA the counters of both JVMs prove which way every single
 * call took, and that none took another.
 */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class TreeIT {

    private static final int THREADS = 8;
    private static final int CONNECTIONS = 4;
    private static final int MIB = 1 << 20;

    @TempDir
    private Path folder;

    /** One run: what kind of tree, in what blocks, over what. */
    private record Run(long seed, int files, boolean large, int block, String agent, int inline) {

        Tree tree() {
            return new Tree(seed, files, large);
        }

        private String words() {
            return seed + " " + files + " " + large + " " + THREADS + " " + block;
        }
    }

    @Test
    void theWholeTreeOverRdma() throws Exception {
        roundTrip(new Run(1, 2000, true, MIB, Programs.RDMA, 16 << 10), null);
    }

    @Test
    void theSameOverTcp() throws Exception {
        roundTrip(new Run(1, 2000, true, MIB, null, 0), null);
    }

    @Test
    void aDirectoryOverRdma() throws Exception {
        Path exported = Files.createDirectory(folder.resolve("exported"));
        Run run = new Run(2, 300, false, MIB, Programs.RDMA, 16 << 10);
        List<String> digests = roundTrip(run, exported);
        // What the server has on its disk is what the client wrote.
        for (String line : digests) {
            String[] words = line.split(" ");
            assertThat(Files.size(exported.resolve(words[0]))).isEqualTo(Long.parseLong(words[1]));
        }
        for (Tree.File file : run.tree().files()) {
            assertThat(file.content().mismatch(0, java.nio.ByteBuffer.wrap(Files.readAllBytes(exported.resolve(file.path())))))
                    .isEqualTo(-1);
        }
    }

    @Test
    void smallBlocksAndTheSmallestInlineThreshold() throws Exception {
        roundTrip(new Run(3, 300, false, 4093, Programs.RDMA + ",rdma.inline=1024", 1024), null);
    }

    /**
     * No item of RENAME is eligible: what does not fit inline goes as a long call. The names are as long as the wire allows, which is too
     * long for the export.
     */
    @Test
    void namesThatDoNotFitInlineGoAsALongCall() {
        String agent = Programs.RDMA + ",rdma.inline=1024";
        try (JvmProcess server = Programs.memoryServer(agent); JvmProcess client = Programs.client(agent, 1)) {
            int root = Integer.parseInt(Programs.ask(client, "connect " + Programs.port(server)).get("handle"));
            Map<String, Long> clientBefore = Programs.numbers(client, "counters");
            Map<String, Long> serverBefore = Programs.numbers(server, "counters");
            assertThat(Programs.ask(client, "rename 1024")).containsEntry("status", "NFS3ERR_NAMETOOLONG");
            ExpectedCounters expected = new ExpectedCounters(1024, ExpectedCounters.authSys(TreeClient.MACHINE)).rename(root, 1024, 1024);
            assertThat(expected.client()).containsEntry("xprt.client_call_long", 1L);
            assertThat(CounterDelta.of(clientBefore, Programs.numbers(client, "counters"))).isEqualTo(expected.client());
            assertThat(CounterDelta.of(serverBefore, Programs.numbers(server, "counters"))).isEqualTo(expected.server());
            Programs.quit(client, server);
        }
    }

    @Test
    void withFpdusOfEthernetSize() throws Exception {
        roundTrip(new Run(4, 300, false, 256 << 10, Programs.RDMA + ",rdma.inline=4096,rdma.iwarp.mulpdu=1442", 4096), null);
    }

    /** @return the digests that were read */
    private List<String> roundTrip(Run run, Path exported) throws IOException {
        Tree tree = run.tree();
        try (JvmProcess server = exported == null ? Programs.memoryServer(run.agent) : Programs.directoryServer(run.agent, exported);
                JvmProcess client = Programs.client(run.agent, CONNECTIONS)) {
            Map<String, String> connected = Programs.ask(client, "connect " + Programs.port(server));
            assertThat(connected).containsEntry("transport", run.agent == null ? "GrizzlyRpcTransport" : "RdmaRpcTransport");
            int root = Integer.parseInt(connected.get("handle"));
            // A directory's handles have two bytes more for each level below the root.
            TreeCounters expected = new TreeCounters(tree, run.block, run.inline, depth -> exported == null ? root : root + 2 * depth);

            Path digests = folder.resolve("digests");
            verify(run, server, client, "write " + run.words(), expected::write);
            verify(run, server, client, "read " + run.words() + ' ' + digests, expected::read);

            List<String> came = Files.readAllLines(digests);
            assertThat(came).isEqualTo(tree.files().stream()
                    .map(file -> file.path() + ' ' + file.size() + ' ' + file.content().digest()).sorted().toList());
            Programs.quit(client, server);
            return came;
        }
    }

    private static void verify(Run run, JvmProcess server, JvmProcess client, String command, Supplier<ExpectedCounters> counters) {
        Map<String, Long> clientBefore = Programs.numbers(client, "counters");
        Map<String, Long> serverBefore = Programs.numbers(server, "counters");
        assertThat(Programs.ask(client, command)).containsEntry("repeats", "0").containsEntry("connects", "" + CONNECTIONS);
        Map<String, Long> clientAfter = Programs.numbers(client, "counters");
        Map<String, Long> serverAfter = Programs.numbers(server, "counters");
        if (run.agent == null) {
            assertThat(clientAfter).isEmpty();
            assertThat(serverAfter).isEmpty();
            return;
        }
        ExpectedCounters expected = counters.get();
        String what = command.substring(0, command.indexOf(' '));
        assertThat(CounterDelta.of(clientBefore, clientAfter)).as("client, %s", what).isEqualTo(expected.client());
        assertThat(CounterDelta.of(serverBefore, serverAfter)).as("server, %s", what).isEqualTo(expected.server());
    }
}
