// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.dcache.oncrpc4j.rdma.verbs.error.ConnectionClosedException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Send and Receive as every provider must do them. */
public abstract class MessagingSuite extends ProviderSuite {

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 27, 28, 63, 64, 65, 127, 128, 1000, 1024, 1443, 4095, 4096})
    @Tag("conformance-105")
    void messagesOfEverySizeArriveAsTheyWere(int size) throws Exception {
        Pair pair = connect();
        byte[] content = pattern(size, 1);
        WorkRequest request = send(content);
        pair.clientQp().postSend(request);
        assertThat(pair.server().message().data()).isEqualTo(content);
        succeeds(pair.client().sendCompletion(), request);
        WorkRequest back = send(content);
        pair.serverQp().postSend(back);
        assertThat(pair.client().message().data()).isEqualTo(content);
        succeeds(pair.server().sendCompletion(), back);
    }

    @Test
    @Tag("conformance-97")
    void largeMessagesSpanManySegments() throws Exception {
        Pair pair = connect(options(256 << 10, 8), options(256 << 10, 8));
        for (int size : new int[] {65536, 100_001, 256 << 10}) {
            byte[] content = pattern(size, 2);
            pair.clientQp().postSend(send(content));
            assertThat(pair.server().message().data()).isEqualTo(content);
        }
    }

    @Test
    void elementsOfASendAreJoined() throws Exception {
        Pair pair = connect();
        assumeTrue(adapter.capabilities().maxSge() >= 3, "the provider takes fewer than 3 elements");
        Memory memory = memory(pattern(3000, 3));
        WorkRequest request = new WorkRequest().send()
                .add(memory.view(0, 7), memory.region())
                .add(memory.view(7, 0), memory.region())
                .add(memory.view(7, 2993), memory.region())
                .signaled(true);
        pair.clientQp().postSend(request);
        assertThat(pair.server().message().data()).isEqualTo(memory.content());
    }

    @Test
    void chainsAreSentInOrderAndOnlySignalledRequestsComplete() throws Exception {
        Pair pair = connect();
        for (int round = 0; round < 20; round++) {
            WorkRequest first = send(pattern(10, 1)).signaled(false);
            WorkRequest second = send(pattern(11, 2)).signaled(true);
            WorkRequest third = send(pattern(12, 3)).signaled(false);
            WorkRequest fourth = send(pattern(13, 4)).signaled(true);
            first.next(second.next(third.next(fourth)));
            pair.clientQp().postSend(first);
            for (int i = 0; i < 4; i++) {
                assertThat(pair.server().message().data()).isEqualTo(pattern(10 + i, 1 + i));
            }
            succeeds(pair.client().sendCompletion(), second);
            succeeds(pair.client().sendCompletion(), fourth);
            pair.serverQp().postReceives(4);
        }
        assertThat(pair.client().sends).isEmpty();
    }

    @Test
    void aWorkRequestCanBeUsedAgainAfterItsCompletion() throws Exception {
        Pair pair = connect();
        Memory memory = memory(16);
        WorkRequest request = new WorkRequest();
        for (int i = 0; i < 200; i++) {
            memory.bytes().putInt(0, i);
            request.reset().send().add(memory.view(0, 16), memory.region()).signaled(true);
            pair.clientQp().postSend(request);
            succeeds(pair.client().sendCompletion(), request);
            assertThat(pair.server().message().data()).isEqualTo(memory.content());
            pair.serverQp().postReceives(1);
        }
    }

    @Test
    void postsOfManyThreadsAllArriveEachThreadsInOrder() throws Exception {
        int threads = 4;
        int each = 300;
        Pair pair = connect(options(64, 8), options(64, threads * each + 8));
        List<Thread> all = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            int id = t;
            Thread thread = new Thread(() -> {
                for (int i = 0; i < each; i++) {
                    Memory memory = memory(8);
                    memory.bytes().putInt(0, id).putInt(4, i);
                    pair.clientQp().postSend(new WorkRequest().send().add(memory.bytes(), memory.region()).signaled(true));
                }
            });
            thread.start();
            all.add(thread);
        }
        int[] next = new int[threads];
        for (int i = 0; i < threads * each; i++) {
            ByteBuffer data = ByteBuffer.wrap(pair.server().message().data());
            int id = data.getInt();
            assertThat(data.getInt()).isEqualTo(next[id]++);
            assertThat(pair.client().sendCompletion().ok()).isTrue();
        }
        for (Thread thread : all) {
            thread.join();
        }
        assertThat(pair.client().sends).isEmpty();
    }

    @Test
    void postsOfManyLeaveOnTheirOwnAndInOrderWithTheOthers() throws Exception {
        int count = 600;
        Pair pair = connect(options(64, 8), options(64, count + 8));
        for (int i = 0; i < count; i++) {
            Memory memory = memory(4);
            memory.bytes().putInt(0, i);
            WorkRequest request = new WorkRequest().send().add(memory.bytes(), memory.region()).signaled(true);
            if (i % 3 == 2) {
                pair.clientQp().postSend(request);
            } else {
                pair.clientQp().postSendOfMany(request);
            }
            if (i % 50 == 49) {
                // Then the output is idle, and the next one of many has to find its own way out.
                for (int k = i - 49; k <= i; k++) {
                    assertThat(pair.server().message().data()).isEqualTo(ByteBuffer.allocate(4).putInt(0, k).array());
                    assertThat(pair.client().sendCompletion().ok()).isTrue();
                }
            }
        }
        WorkRequest last = send(pattern(10, 1));
        pair.clientQp().abort(new ConnectionClosedException("test"));
        pair.client().end();
        pair.clientQp().postSendOfMany(last);
        assertThat(pair.client().sendCompletion().ok()).isFalse();
    }

    @Test
    void aPostFromAnInterruptedThreadDoesTheConnectionNoHarm() throws Exception {
        Pair pair = connect();
        boolean[] stillInterrupted = new boolean[1];
        Thread thread = new Thread(() -> {
            Thread.currentThread().interrupt();
            pair.clientQp().postSend(send(pattern(50, 1)));
            stillInterrupted[0] = Thread.currentThread().isInterrupted();
        });
        thread.start();
        thread.join();
        assertThat(stillInterrupted[0]).isTrue();
        assertThat(pair.server().message().data()).isEqualTo(pattern(50, 1));
        pair.serverQp().postSend(send(pattern(51, 1)));
        assertThat(pair.client().message().data()).isEqualTo(pattern(51, 1));
    }

    @Test
    void handlersMayPostFromTheirCallbacks() throws Exception {
        Pair pair = connect();
        AtomicInteger bounces = new AtomicInteger();
        Memory memory = memory(32);
        pair.client().whenReceived = pair.server().whenReceived = (qp, buffer) -> {
            qp.postReceives(1);
            if (bounces.incrementAndGet() < 500) {
                qp.postSend(new WorkRequest().send().add(memory.view(0, 32), memory.region()).signaled(true));
            }
        };
        pair.clientQp().postSend(send(new byte[32]));
        for (int i = 0; i < 250; i++) {
            pair.server().message();
            pair.client().sendCompletion();
        }
        for (int i = 0; i < 249; i++) {
            pair.client().message();
        }
        assertThat(bounces).hasValueGreaterThanOrEqualTo(499);
    }

    @Test
    void receiveBuffersBelongToTheHandlerUntilReleased() throws Exception {
        Pair pair = connect();
        pair.server().hold = true;
        List<ReceiveBuffer> held = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            pair.clientQp().postSend(send(pattern(100, i)));
            held.add(pair.server().heldMessage());
        }
        for (int i = 0; i < 50; i++) {
            byte[] data = new byte[100];
            held.get(i).data().get(0, data);
            assertThat(data).isEqualTo(pattern(100, i));
            assertThat(held.get(i).data()).isSameAs(held.get(i).data());
            held.get(i).release();
        }
    }

    @Test
    @Tag("conformance-95")
    void aMessageWithoutAPostedReceiveEndsTheConnection() throws Exception {
        Pair pair = connect(options(64, 4), options(64, 3));
        for (int i = 0; i < 4; i++) {
            pair.clientQp().postSend(send(pattern(8, i)));
        }
        for (int i = 0; i < 3; i++) {
            assertThat(pair.server().message().data()).isEqualTo(pattern(8, i));
        }
        pair.server().end();
        pair.client().end();
        assertThat(pair.server().messages).isEmpty();
    }

    @Test
    @Tag("conformance-95")
    void aMessageLongerThanTheReceiveEndsTheConnection() throws Exception {
        Pair pair = connect(options(64, 4), options(64, 4));
        pair.clientQp().postSend(send(pattern(65, 1)));
        pair.server().end();
        pair.client().end();
        assertThat(pair.server().messages).isEmpty();
    }

    @Test
    @Tag("conformance-103")
    void sendWithInvalidateRevokesTheExposureBeforeTheMessageIsSeen() throws Exception {
        assumeTrue(adapter.capabilities().remoteInvalidate() && adapter.capabilities().sendWithInvalidate(),
                "no remote invalidation");
        Pair pair = connect();
        Memory memory = memory(64);
        Exposure exposure = expose(pair.client(), MemorySource.of(memory.bytes()), Access.REMOTE_WRITE);
        boolean[] revoked = new boolean[1];
        pair.client().whenReceived = (qp, buffer) -> revoked[0] = exposure.revoke(() -> {});
        WorkRequest request = send(pattern(9, 1)).sendWithInvalidate(exposure.stag());
        pair.serverQp().postSend(request);
        assertThat(pair.client().message()).satisfies(m -> {
            assertThat(m.data()).isEqualTo(pattern(9, 1));
            assertThat(m.invalidated()).isTrue();
            assertThat(m.invalidatedStag()).isEqualTo(exposure.stag());
        });
        assertThat(revoked[0]).isTrue();
        succeeds(pair.server().sendCompletion(), request);
    }
}
