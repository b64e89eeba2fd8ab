// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rdmacore;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.rdmacore.device.ControlThreads;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The tasks of connections run also while the system gives no thread, in the order of each connection. */
@Timeout(60)
class ControlThreadsTest {

    /** Its pool never gets a thread. */
    private final ControlThreads control = new ControlThreads(task -> {
        throw new OutOfMemoryError("unable to create native thread");
    });

    @AfterEach
    void end() {
        control.shutdown();
    }

    @Test
    void aTaskRunsThoughThereIsNoThreadForIt() throws Exception {
        CompletableFuture<Void> ran = new CompletableFuture<>();
        control.execute(() -> ran.complete(null));
        ran.get(20, TimeUnit.SECONDS);
    }

    @Test
    void theTasksOfAConnectionRunInOrderThoughThereIsNoThreadForThem() throws Exception {
        ControlThreads.Serial connection = control.serial();
        List<Integer> ran = new CopyOnWriteArrayList<>();
        CompletableFuture<Void> last = new CompletableFuture<>();
        for (int i = 0; i < 10; i++) {
            int number = i;
            connection.execute(() -> ran.add(number));
        }
        connection.execute(() -> last.complete(null));
        last.get(20, TimeUnit.SECONDS);
        assertThat(ran).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    }

    @Test
    void aTaskThatFailsEndsNeitherItsThreadNorItsConnection() throws Exception {
        ControlThreads.Serial connection = control.serial();
        CompletableFuture<Void> ofTheConnection = new CompletableFuture<>();
        CompletableFuture<Void> ran = new CompletableFuture<>();
        connection.execute(() -> {
            throw new IllegalStateException("a task that fails");
        });
        connection.execute(() -> ofTheConnection.complete(null));
        control.execute(() -> {
            throw new AssertionError("a task that fails");
        });
        control.execute(() -> ran.complete(null));
        ofTheConnection.get(20, TimeUnit.SECONDS);
        ran.get(20, TimeUnit.SECONDS);
    }

    @Test
    void whatWasGivenStillRunsAtTheEnd() {
        List<String> ran = new CopyOnWriteArrayList<>();
        control.execute(() -> ran.add("task"));
        control.shutdown();
        assertThat(ran).containsExactly("task");
    }
}
