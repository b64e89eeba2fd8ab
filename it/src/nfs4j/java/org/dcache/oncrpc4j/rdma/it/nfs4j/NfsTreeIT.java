// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.dcache.nfs.nfsstat;
import org.dcache.nfs.v4.xdr.nfs4_prot;
import org.dcache.nfs.v4.xdr.nfs_cb_opnum4;
import org.dcache.oncrpc4j.rdma.it.rpc.OverRdma;
import org.junit.jupiter.api.Test;

/**
 * Many files through nfs4j's NFSv4.1 over RDMA, by several threads in one session, while delegations of another client are recalled. Sizes lie around each
 * threshold: inline limits, page, segment, largest transfer, with every pad.
 */
@OverRdma
class NfsTreeIT {

    private static final int THREADS = 8;
    private static final int FILES = 240;
    private static final int[] THRESHOLDS = {0, 512, 1024, 3584, 3840, 4096, 8192, 65_536, 262_144, NfsFiles.TRANSFER, 2 * NfsFiles.TRANSFER};
    private static final int LARGE = (16 << 20) + 3;
    private static final int RECALLS = 20;

    /** Every threshold with -3 to +4 around it, again and again, and one large file. */
    private static int size(int index) {
        if (index == FILES - 1) {
            return LARGE;
        }
        int around = index / THRESHOLDS.length % 8 - 3;
        return Math.max(0, THRESHOLDS[index % THRESHOLDS.length] + around);
    }

    private static String name(int index) {
        return "file " + index;
    }

    @Test
    void everyByteSurvivesTheRoundTripAndDelegationsAreRecalledMeanwhile() throws Exception {
        PathCounts counts = new PathCounts();
        ExecutorService threads = Executors.newFixedThreadPool(THREADS + 1);
        try (NfsServer server = NfsServer.serve();
                NfsSession session = new NfsSession(server.address());
                NfsSession other = new NfsSession(server.address())) {
            List<Future<?>> work = new ArrayList<>();
            for (int t = 0; t < THREADS; t++) {
                int first = t;
                work.add(threads.submit(() -> {
                    for (int i = first; i < FILES; i += THREADS) {
                        roundTrip(session, i);
                    }
                    return null;
                }));
            }
            work.add(threads.submit(() -> {
                recalls(session, other);
                return null;
            }));
            for (Future<?> part : work) {
                part.get();
            }
            assertThat(new NfsFiles(other).list()).hasSize(FILES + RECALLS);
            for (int i = 0; i < FILES; i += 7) {
                NfsFiles nfs = new NfsFiles(other);
                NfsFiles.Open file = nfs.open(name(i));
                assertThat(nfs.read(file, size(i))).as(name(i)).isEqualTo(NfsFiles.bytes(size(i)));
                nfs.close(file);
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

    private static void roundTrip(NfsSession session, int index) throws Exception {
        NfsFiles nfs = new NfsFiles(session);
        byte[] data = NfsFiles.bytes(size(index));
        NfsFiles.Open file = nfs.create(name(index));
        nfs.write(file, data);
        nfs.close(file);
        file = nfs.open(name(index));
        assertThat(nfs.read(file, data.length)).as(name(index)).isEqualTo(data);
        nfs.close(file);
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
