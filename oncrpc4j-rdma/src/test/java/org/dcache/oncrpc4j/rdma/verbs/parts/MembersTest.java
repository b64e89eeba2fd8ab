// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs.parts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class MembersTest {

    private static final Executor NEW_THREAD = task -> new Thread(task).start();

    private final Members members = new Members();

    /** Counts what it is told, and stays until it is removed. */
    private static final class Staying implements Members.Member {
        final AtomicInteger told = new AtomicInteger();
        final CountDownLatch once = new CountDownLatch(1);

        @Override
        public void adapterClosed() {
            told.incrementAndGet();
            once.countDown();
        }

        void awaitTold() throws InterruptedException {
            assertThat(once.await(60, TimeUnit.SECONDS)).isTrue();
        }
    }

    private CompletableFuture<Void> closeElsewhere(Runnable free) {
        return CompletableFuture.runAsync(() -> members.close(free), NEW_THREAD);
    }

    @Test
    void closingTellsEachAndFreesWhenTheLastHasGone() throws Exception {
        Staying first = new Staying();
        Staying second = new Staying();
        assertThat(members.add(first)).isTrue();
        assertThat(members.add(second)).isTrue();
        AtomicInteger freed = new AtomicInteger();
        CompletableFuture<Void> closed = closeElsewhere(freed::incrementAndGet);
        first.awaitTold();
        second.awaitTold();

        members.remove(first);
        assertThat(freed).hasValue(0);
        assertThat(closed).isNotDone();
        members.remove(second);

        closed.get(60, TimeUnit.SECONDS);
        assertThat(freed).hasValue(1);
        assertThat(first.told).hasValue(1);
        assertThat(second.told).hasValue(1);
    }

    @Test
    void aMemberMayLeaveWhileItIsTold() {
        members.add(new Members.Member() {
            @Override
            public void adapterClosed() {
                members.remove(this);
            }
        });
        AtomicInteger freed = new AtomicInteger();
        members.close(freed::incrementAndGet);
        assertThat(freed).hasValue(1);
    }

    @Test
    void nobodyIsAddedOnceClosingHasBegun() throws Exception {
        Staying member = new Staying();
        members.add(member);
        assertThat(members.isClosing()).isFalse();
        CompletableFuture<Void> closed = closeElsewhere(() -> {});
        member.awaitTold();

        Staying late = new Staying();
        assertThat(members.isClosing()).isTrue();
        assertThat(members.add(late)).isFalse();
        assertThat(late.told).hasValue(0);

        members.remove(member);
        closed.get(60, TimeUnit.SECONDS);
        assertThat(members.add(late)).isFalse();
    }

    @Test
    void whoTakesTheOthersPlaceWhileTheAdapterClosesIsToldToo() throws Exception {
        Staying handshake = new Staying();
        Staying connection = new Staying();
        members.add(handshake);
        CompletableFuture<Void> closed = closeElsewhere(() -> {});
        handshake.awaitTold();

        members.replace(handshake, connection);
        assertThat(connection.told).hasValue(1);
        assertThat(closed).isNotDone();
        members.remove(connection);
        closed.get(60, TimeUnit.SECONDS);
    }

    @Test
    void whoTakesTheOthersPlaceIsAMemberAndTheOtherIsNone() throws Exception {
        Staying handshake = new Staying();
        Staying connection = new Staying();
        members.add(handshake);
        members.replace(handshake, connection);
        assertThat(connection.told).hasValue(0);

        CompletableFuture<Void> closed = closeElsewhere(() -> {});
        connection.awaitTold();
        members.remove(connection);
        closed.get(60, TimeUnit.SECONDS);
        assertThat(handshake.told).hasValue(0);
    }

    @Test
    void aSecondCloseWaitsForTheFirstAndFreesNothing() throws Exception {
        CountDownLatch freeing = new CountDownLatch(1);
        CompletableFuture<Void> mayEnd = new CompletableFuture<>();
        CompletableFuture<Void> first = closeElsewhere(() -> {
            freeing.countDown();
            mayEnd.join();
        });
        assertThat(freeing.await(60, TimeUnit.SECONDS)).isTrue();

        CompletableFuture<Thread> waiter = new CompletableFuture<>();
        AtomicInteger freed = new AtomicInteger();
        CompletableFuture<Boolean> second = CompletableFuture.supplyAsync(() -> {
            waiter.complete(Thread.currentThread());
            members.close(freed::incrementAndGet);
            return mayEnd.isDone();
        }, NEW_THREAD);
        while (waiter.join().getState() != Thread.State.WAITING) {
            assertThat(second).isNotDone();
            Thread.onSpinWait();
        }
        mayEnd.complete(null);

        assertThat(second.get(60, TimeUnit.SECONDS)).isTrue();
        first.get(60, TimeUnit.SECONDS);
        assertThat(freed).hasValue(0);
        members.close(freed::incrementAndGet);
        assertThat(freed).hasValue(0);
    }

    @Test
    void whatCannotBeFreedLeavesNobodyWaiting() {
        CompletableFuture<Void> first = closeElsewhere(() -> {
            throw new IllegalStateException("stuck");
        });
        assertThatThrownBy(first::join).isInstanceOf(CompletionException.class).hasRootCauseMessage("stuck");
        AtomicInteger freed = new AtomicInteger();
        members.close(freed::incrementAndGet);
        assertThat(freed).hasValue(0);
    }

    @Test
    void anInterruptDoesNotEndTheWaitIsNotSeenByWhatFreesAndIsKept() throws Exception {
        Staying member = new Staying();
        members.add(member);
        CompletableFuture<Boolean> whileFreeing = new CompletableFuture<>();
        CompletableFuture<Boolean> after = new CompletableFuture<>();
        Thread closer = new Thread(() -> {
            members.close(() -> whileFreeing.complete(Thread.currentThread().isInterrupted()));
            after.complete(Thread.currentThread().isInterrupted());
        });
        closer.start();
        member.awaitTold();
        closer.interrupt();
        while (closer.isInterrupted()) {
            assertThat(whileFreeing).isNotDone();
            Thread.onSpinWait();
        }
        members.remove(member);

        assertThat(whileFreeing.get(60, TimeUnit.SECONDS)).isFalse();
        assertThat(after.get(60, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void whoMayNotWaitTellsThemAndAnotherWaitsForThem() throws Exception {
        Staying member = new Staying();
        members.add(member);
        assertThat(members.count()).isEqualTo(1);
        members.end();
        members.end();
        assertThat(member.told).hasValue(1);
        assertThat(members.add(new Staying())).isFalse();
        AtomicInteger freed = new AtomicInteger();
        CompletableFuture<Void> closed = closeElsewhere(freed::incrementAndGet);
        CompletableFuture<Void> again = closeElsewhere(freed::incrementAndGet);
        assertThat(freed).hasValue(0);
        members.remove(member);
        closed.get(60, TimeUnit.SECONDS);
        again.get(60, TimeUnit.SECONDS);
        assertThat(freed).hasValue(1);
        assertThat(member.told).hasValue(1);
    }

    @Test
    void oneThatThrowsWhenItIsToldKeepsNobodyFromHearing() throws Exception {
        Staying first = new Staying();
        Staying second = new Staying();
        members.add(first);
        members.add(() -> {
            throw new AssertionError("of a member, as the test wants it");
        });
        members.add(second);
        members.end();
        assertThat(first.told).hasValue(1);
        assertThat(second.told).hasValue(1);
    }
}
