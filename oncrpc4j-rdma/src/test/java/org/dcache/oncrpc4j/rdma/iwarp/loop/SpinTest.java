// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.loop;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A loop that looks at its sockets for an hour before it sleeps does all else that it has to do meanwhile. */
@Timeout(60)
class SpinTest {

    private final EventLoop loop = new EventLoop("spin test", TimeUnit.HOURS.toNanos(1));
    private final Semaphore received = new Semaphore(0);
    private Pipe pipe;
    private Thread thread;

    @BeforeEach
    void something() throws Exception {
        pipe = Pipe.open();
        pipe.source().configureBlocking(false);
        thread = CompletableFuture.supplyAsync(Thread::currentThread, loop::execute).join();
        CompletableFuture.runAsync(() -> {
            try {
                loop.register(pipe.source(), SelectionKey.OP_READ, operations -> read());
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }, loop::execute).join();
        send();
    }

    @AfterEach
    void end() throws IOException {
        loop.stop();
        pipe.sink().close();
        pipe.source().close();
    }

    private void read() {
        try {
            received.release(pipe.source().read(ByteBuffer.allocate(1)));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private void send() throws Exception {
        pipe.sink().write(ByteBuffer.allocate(1));
        received.acquire();
    }

    @Test
    void itDoesNotSleepButSeesWhatComes() throws Exception {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long before = threads.getThreadCpuTime(thread.getId());
        while (threads.getThreadCpuTime(thread.getId()) - before < TimeUnit.MILLISECONDS.toNanos(200)) {
            Thread.yield();
        }
        send();
    }

    @Test
    void tasksAndTimersRun() throws Exception {
        for (int i = 0; i < 100; i++) {
            CompletableFuture.runAsync(() -> {}, loop::execute).join();
        }
        CompletableFuture<Void> timer = new CompletableFuture<>();
        loop.execute(() -> loop.schedule(30, () -> timer.complete(null)));
        timer.join();
    }
}
