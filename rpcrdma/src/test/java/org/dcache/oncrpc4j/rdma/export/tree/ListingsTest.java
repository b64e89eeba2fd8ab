// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Several who ask for the listing of one directory at once. */
@Timeout(60)
class ListingsTest {

    private static final int CALLERS = 4;

    private final ExecutorService callers = Executors.newFixedThreadPool(CALLERS);
    private final Listings listings = new Listings();
    private final AtomicInteger reads = new AtomicInteger();
    private final CountDownLatch goOn = new CountDownLatch(1);
    private final List<Thread> threads = new ArrayList<>();

    private Fattr3 settled;

    @BeforeEach
    void aDirectoryThatHasNotChangedForAMoment(@TempDir Path directory) throws IOException {
        Instant past = Instant.now().minusSeconds(10);
        Files.setLastModifiedTime(directory, FileTime.from(past));
        do {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
            settled = FileStat.of(directory).attributes();
        } while (settled.ctime().toInstant().isAfter(Instant.now().minusMillis(200)));
    }

    @AfterEach
    void stop() {
        callers.shutdownNow();
    }

    private Future<Listing> ask(Listings.Reader reader) {
        return callers.submit(() -> {
            synchronized (threads) {
                threads.add(Thread.currentThread());
            }
            return listings.of(settled, reader);
        });
    }

    private List<NfsText> slowly() throws IOException {
        reads.incrementAndGet();
        try {
            goOn.await();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
        return List.of(NfsText.of("a"));
    }

    private void awaitAllWait() {
        while (true) {
            synchronized (threads) {
                if (threads.size() == CALLERS && threads.stream().allMatch(t -> t.getState() == Thread.State.WAITING)) {
                    return;
                }
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }

    @Test
    void oneReadsForAll() throws Exception {
        List<Future<Listing>> asked = new ArrayList<>();
        for (int i = 0; i < CALLERS; i++) {
            asked.add(ask(this::slowly));
        }
        awaitAllWait();
        goOn.countDown();
        for (Future<Listing> one : asked) {
            assertThat(one.get().size()).isEqualTo(3);
        }
        assertThat(reads).hasValue(1);
    }

    @Test
    void whenHeFailsTheOthersReadThemselves() throws Exception {
        List<Future<Listing>> asked = new ArrayList<>();
        for (int i = 0; i < CALLERS; i++) {
            asked.add(ask(() -> {
                List<NfsText> names = slowly();
                if (reads.get() == 1) {
                    reads.incrementAndGet();
                    throw new IOException("planted");
                }
                return names;
            }));
        }
        awaitAllWait();
        goOn.countDown();
        int failed = 0;
        for (Future<Listing> one : asked) {
            try {
                assertThat(one.get().size()).isEqualTo(3);
            } catch (java.util.concurrent.ExecutionException e) {
                failed++;
            }
        }
        assertThat(failed).isEqualTo(1);
        assertThatThrownBy(() -> listings.of(settled, () -> {
            throw new IOException("asked again");
        })).hasMessage("asked again");
    }
}
