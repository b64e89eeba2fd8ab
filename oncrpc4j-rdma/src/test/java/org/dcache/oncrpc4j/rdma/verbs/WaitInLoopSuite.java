// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.metrics.CounterName;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.verbs.error.ConnectionClosedException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A thread that waits for messages serves the loop of its queue pair, where a provider can have that ({@link QueuePair#serveUntil}). */
@Timeout(120)
public abstract class WaitInLoopSuite extends ProviderSuite {

    /** Rounds after which a loop with one waiter has stepped aside for certain. */
    private static final int MANY = 3000;

    private Pair pair;
    private WorkRequest question;
    private volatile Thread receiver;

    /** What the provider counts such waits by. */
    protected abstract CounterName counter();

    /** A loop for each end: one for both has a turn for the question too, for which nobody waits. */
    @Override
    protected Map<String, String> settings() {
        return Map.of("oncrpc.rdma.loops", "2");
    }

    private void open() throws IOException {
        pair = connect();
        Memory memory = memory(pattern(64, 1));
        question = new WorkRequest().send().add(memory.view(0, 64), memory.region()).signaled(true);
        Memory answer = memory(pattern(64, 2));
        pair.server().whenReceived = (qp, buffer) -> {
            qp.postReceives(1);
            qp.postSend(new WorkRequest().send().add(answer.view(0, 64), answer.region()).signaled(true));
        };
        pair.client().whenReceived = (qp, buffer) -> {
            qp.postReceives(1);
            receiver = Thread.currentThread();
        };
        pair.client().awaits = Awaited.NOTHING;
    }

    private void ask() {
        pair.clientQp().postSend(question);
    }

    private void answered() {
        assertThat(pair.client().message().data()).isEqualTo(pattern(64, 2));
        succeeds(pair.client().sendCompletion(), question);
        assertThat(pair.clientQp().inLoop()).isFalse();
        assertThat(HelperThread.isLoop()).isFalse();
    }

    /** @return how many of the answers the calling thread took itself */
    private int rounds(int count) {
        int taken = 0;
        for (int i = 0; i < count; i++) {
            ask();
            if (pair.clientQp().serveUntil(() -> !pair.client().messages.isEmpty()) && receiver == Thread.currentThread()) {
                taken++;
            }
            answered();
        }
        return taken;
    }

    /** Calls until the own thread has stepped aside, then serves the loop until the connection has ended. */
    private void serveUntilEndedBy(Runnable end) throws Exception {
        open();
        CountDownLatch began = new CountDownLatch(1);
        FutureTask<Boolean> waiting = new FutureTask<>(() -> {
            boolean served = false;
            for (int i = 0; i < MANY && !served; i++) {
                rounds(20);
                served = pair.clientQp().serveUntil(() -> {
                    began.countDown();
                    return pair.client().disconnected.isDone();
                });
            }
            began.countDown();
            return served;
        });
        new Thread(waiting, "waiter").start();
        assertThat(began.await(60, TimeUnit.SECONDS)).isTrue();
        end.run();
        assertThat(waiting.get(60, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void whoWaitsForOneMessageAfterTheOtherTakesThemItself() throws IOException {
        open();
        long before = Counters.process().get(counter());
        int taken = 0;
        // The loop's own thread may be quicker than the one that is about to wait, which it does not see then.
        for (int i = 0; i < 20 && taken == 0; i++) {
            taken = rounds(MANY);
        }
        assertThat(taken).isPositive();
        assertThat(Counters.process().get(counter())).isGreaterThan(before);
    }

    @Test
    void notWithTheSettingOff() throws Exception {
        adapter.close();
        Map<String, String> off = new HashMap<>(settings());
        off.put("oncrpc.rdma.wait-in-loop", "off");
        adapter = provider().open(Configuration.of(off));
        open();
        assertThat(rounds(MANY)).isZero();
    }

    @Test
    void notWhileMoreIsAwaitedOfTheLoop() throws IOException {
        open();
        pair.client().awaits = Awaited.SOMETHING;
        assertThat(rounds(MANY)).isZero();
    }

    /** As threads of a service do: who has taken a call leaves the loop to the other. */
    @Test
    void whoWaitsForCallsTakesThemInTurns() throws Exception {
        open();
        pair.server().awaits = Awaited.CALLS;
        AtomicInteger asked = new AtomicInteger();
        AtomicInteger taken = new AtomicInteger();
        Map<Thread, Integer> takers = new ConcurrentHashMap<>();
        Memory memory = memory(pattern(64, 2));
        WorkRequest answer = new WorkRequest().send().add(memory.view(0, 64), memory.region()).signaled(true);
        pair.server().whenReceived = (qp, buffer) -> {
            qp.postReceives(1);
            takers.merge(Thread.currentThread(), 1, Integer::sum);
            qp.postSend(answer);
            taken.incrementAndGet();
        };
        List<Thread> workers = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            Thread worker = new Thread(() -> {
                while (asked.get() < MANY) {
                    int before = taken.get();
                    pair.serverQp().serveNext(1, () -> taken.get() > before || asked.get() == MANY, () -> true);
                }
            }, "worker " + i);
            workers.add(worker);
            worker.start();
        }
        try {
            for (int i = 0; i < MANY; i++) {
                ask();
                answered();
                asked.incrementAndGet();
            }
        } finally {
            asked.set(MANY);
            for (Thread worker : workers) {
                worker.join(60_000);
                assertThat(worker.isAlive()).isFalse();
            }
        }
        assertThat(taken).hasValue(MANY);
        assertThat(workers).as("threads that took any").anyMatch(takers::containsKey);
    }

    @Test
    void whatComesWhenNobodyWaitsIsTakenByTheLoop() throws IOException {
        open();
        for (int i = 0; i < 20; i++) {
            rounds(200);
            ask();
            answered();
            assertThat(receiver).isNotSameAs(Thread.currentThread());
        }
    }

    @Test
    void theEndOfTheConnectionEndsTheWait() throws Exception {
        serveUntilEndedBy(() -> pair.serverQp().disconnect(new ConnectionClosedException("the test is over")));
    }

    @Test
    void theEndOfTheAdapterEndsTheWait() throws Exception {
        serveUntilEndedBy(() -> adapter.close());
    }

    @Test
    void anInterruptEndsItAndIsKept() throws Exception {
        open();
        CompletableFuture<Boolean> kept = new CompletableFuture<>();
        Thread waiter = new Thread(() -> {
            boolean served = false;
            for (int i = 0; i < MANY && !served; i++) {
                rounds(20);
                Thread.currentThread().interrupt();
                served = pair.clientQp().serveUntil(() -> false);
                kept.obtrudeValue(Thread.interrupted() && served);
            }
        }, "waiter");
        waiter.start();
        waiter.join(60_000);
        assertThat(kept.get(1, TimeUnit.SECONDS)).isTrue();
    }
}
