// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.dcache.nfs.nfsstat;
import org.dcache.nfs.v4.xdr.READ4resok;
import org.dcache.nfs.v4.xdr.nfs4_prot;
import org.dcache.nfs.v4.xdr.nfs_cb_opnum4;
import org.dcache.oncrpc4j.rdma.it.nfs.app.Tree;
import org.dcache.oncrpc4j.rdma.it.rpc.OverRdma;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The tree of {@code TreeIT}, 2,000 files from nothing to 64 MiB with every size around a threshold, through nfs4j's NFSv4.1 over RDMA:
 * written by eight threads in one session while delegations of another client are recalled, then read back by that other client, and every
 * byte compared.
 */
@OverRdma
@Timeout(value = 10, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class NfsTreeIT {

    private static final int THREADS = 8;
    private static final int RECALLS = 20;

    private final Tree tree = new Tree(1, 2000, true);

    /** Something done to a file. */
    private interface Work {

        void on(NfsFiles nfs, Tree.File file, ByteBuffer block) throws Exception;
    }

    @Test
    void everyByteSurvivesTheRoundTripAndDelegationsAreRecalledMeanwhile() throws Exception {
        PathCounts counts = new PathCounts();
        ExecutorService threads = Executors.newFixedThreadPool(THREADS + 1);
        try (NfsServer server = NfsServer.serve();
                NfsSession session = new NfsSession(server.address());
                NfsSession other = new NfsSession(server.address())) {
            for (String directory : tree.directories()) {
                new NfsFiles(session).mkdir(directory);
            }
            Future<?> recalls = threads.submit(() -> {
                recalls(session, other);
                return null;
            });
            all(threads, session, NfsTreeIT::write);
            recalls.get();
            all(threads, other, NfsTreeIT::compare);

            for (String directory : tree.directories()) {
                assertThat(new NfsFiles(other).list(directory)).as(directory).containsExactlyInAnyOrderElementsOf(names(directory));
            }
            for (String path : List.of("server_call_inline", "server_call_read_chunk", "server_reply_inline", "server_reply_write_chunk",
                    "server_reply_long")) {
                assertThat(counts.of(path)).as(path).isPositive();
            }
            assertThat(counts.all().keySet()).noneMatch(label -> label.startsWith("xprt.dropped") || label.startsWith("xprt.sent_err"))
                    .doesNotContain("xprt.received_error", "xprt.credit_overrun", "xprt.answered_for_program");
        } finally {
            threads.shutdownNow();
        }
    }

    private void all(ExecutorService threads, NfsSession session, Work work) throws Exception {
        AtomicInteger next = new AtomicInteger();
        List<Future<?>> parts = new ArrayList<>();
        for (int t = 0; t < THREADS; t++) {
            parts.add(threads.submit(() -> {
                ByteBuffer block = ByteBuffer.allocate(NfsFiles.TRANSFER);
                for (int i = next.getAndIncrement(); i < tree.files().size(); i = next.getAndIncrement()) {
                    work.on(new NfsFiles(session), tree.files().get(i), block);
                }
                return null;
            }));
        }
        for (Future<?> part : parts) {
            part.get();
        }
    }

    private static void write(NfsFiles nfs, Tree.File file, ByteBuffer block) throws Exception {
        NfsFiles.Open open = nfs.create(file.path());
        for (long at = 0; at < file.size(); at += block.capacity()) {
            nfs.write(open, at, file.content().fill(at, block));
        }
        nfs.close(open);
    }

    private static void compare(NfsFiles nfs, Tree.File file, ByteBuffer block) throws Exception {
        NfsFiles.Open open = nfs.open(file.path());
        long at = 0;
        boolean eof = false;
        while (!eof) {
            READ4resok read = nfs.readBlock(open, at);
            assertThat(file.content().mismatch(at, read.data)).as("first wrong byte of %s", file.path()).isEqualTo(-1);
            at += read.data.remaining();
            eof = read.eof;
            assertThat(eof || read.data.hasRemaining()).as("%s goes on at %d", file.path(), at).isTrue();
        }
        assertThat(at).as(file.path()).isEqualTo(file.size());
        nfs.close(open);
    }

    /** What a directory must hold. */
    private List<String> names(String directory) {
        List<String> names = new ArrayList<>();
        tree.files().stream().filter(file -> file.directory().equals(directory)).forEach(file -> names.add(file.name()));
        tree.directories().stream().filter(path -> path.startsWith(directory + '/'))
                .forEach(path -> names.add(path.substring(directory.length() + 1)));
        return names;
    }

    /** The other client gets read delegations, this one asks to write. */
    private static void recalls(NfsSession session, NfsSession other) throws Exception {
        NfsFiles mine = new NfsFiles(session);
        NfsFiles others = new NfsFiles(other);
        for (int i = 0; i < RECALLS; i++) {
            String name = "delegated " + i;
            mine.close(mine.create(name));
            var opened = other.compound(others.openOperation(name,
                    nfs4_prot.OPEN4_SHARE_ACCESS_READ | nfs4_prot.OPEN4_SHARE_ACCESS_WANT_READ_DELEG)).get(1).opopen.resok4;
            assertThat(session.status(mine.openOperation(name, nfs4_prot.OPEN4_SHARE_ACCESS_BOTH))).isEqualTo(nfsstat.NFSERR_DELAY);
            var recall = other.callbacks().next();
            assertThat(recall.argop).isEqualTo(nfs_cb_opnum4.OP_CB_RECALL);
            assertThat(recall.opcbrecall.stateid.other).isEqualTo(opened.delegation.read.stateid.other);
        }
    }
}
