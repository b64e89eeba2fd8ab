// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpCounter;
import org.dcache.oncrpc4j.rdma.iwarp.wire.DdpHeader;
import org.dcache.oncrpc4j.rdma.iwarp.wire.RdmapOpcode;
import org.dcache.oncrpc4j.rdma.iwarp.wire.TerminateMessage;
import org.dcache.oncrpc4j.rdma.rpc.harness.LeakLedger;
import org.dcache.oncrpc4j.rdma.verbs.Access;
import org.dcache.oncrpc4j.rdma.verbs.ConnectOptions;
import org.dcache.oncrpc4j.rdma.verbs.Endpoint;
import org.dcache.oncrpc4j.rdma.verbs.Exposure;
import org.dcache.oncrpc4j.rdma.verbs.MemorySource;
import org.dcache.oncrpc4j.rdma.verbs.ReceiveBuffer;
import org.dcache.oncrpc4j.rdma.verbs.WorkRequest;
import org.dcache.oncrpc4j.rdma.verbs.error.ConnectionClosedException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What connections hold is bounded, handed back, and fenced. */
class ResourcesTest {

    private static List<String> loopThreads() {
        return Thread.getAllStackTraces().keySet().stream().map(Thread::getName).filter(n -> n.startsWith("rdma-iwarp")).toList();
    }

    @Test
    void nothingIsLeftAfterTheLastAdapter() throws Exception {
        new RawPeerFixture().responding().close();
        LeakLedger before = LeakLedger.snapshot();
        for (int i = 0; i < 3; i++) {
            try (RawPeerFixture first = new RawPeerFixture(); RawPeerFixture second = new RawPeerFixture()) {
                for (int j = 0; j < 30; j++) {
                    try (RawPeerFixture f = new RawPeerFixture().responding()) {
                        f.queuePair().disconnect(new ConnectionClosedException("next"));
                    }
                }
                first.responding();
                assertThat(loopThreads()).isNotEmpty();
                second.responding();
            }
        }
        assertThat(loopThreads()).isEmpty();
        LeakLedger.assertNothingLeaked(before);
    }

    @Test
    void aPeerThatDoesNotReadHoldsUpOnlyItself() throws Exception {
        int writes = 100;
        int size = 1 << 20;
        try (RawPeerFixture f = new RawPeerFixture().responding()) {
            ByteBuffer memory = ByteBuffer.allocateDirect(size);
            for (int i = 0; i < size; i++) {
                memory.put(i, (byte) i);
            }
            List<WorkRequest> posted = new ArrayList<>();
            for (int i = 0; i < writes; i++) {
                WorkRequest write = new WorkRequest().write(5, 0).add(memory.slice(0, size)).signaled(true);
                posted.add(write);
                f.queuePair().postSend(write);
            }
            assertThat(f.endpoint.sends.size()).as("sockets do not hold 100 MiB").isLessThan(writes);
            try (RawPeerFixture other = new RawPeerFixture().responding()) {
                other.queuePair().postSend(RawPeerFixture.send(new byte[] {1}));
                assertThat(other.peer.readFpdu().payload().get(0)).isEqualTo((byte) 1);
            }
            long received = 0;
            while (received < (long) writes * size) {
                RawPeer.Fpdu fpdu = f.peer.readFpdu();
                assertThat(fpdu.crcRight()).isTrue();
                ByteBuffer payload = fpdu.payload();
                assertThat(DdpHeader.taggedOffset(fpdu.ulpdu(), 0)).isEqualTo(received % size);
                received += payload.capacity();
            }
            for (WorkRequest write : posted) {
                assertThat(f.endpoint.sendCompletion()).isEqualTo(new Endpoint.Completion(write, true));
            }
            assertThat(f.adapter.resources().stagingPool().lent()).as("an idle connection holds no staging").isZero();
        }
    }

    @Test
    void withoutMemoryForReceivesReadingPausesAndNothingIsLost() throws Exception {
        int messages = 400;
        ConnectOptions options = new ConnectOptions(null, 20_000, new byte[0], 65536, messages + 1, 4, 4);
        try (RawPeerFixture f = new RawPeerFixture(Map.of("oncrpc.rdma.memory", "8m")).responding(options)) {
            f.endpoint.hold = true;
            Thread sender = new Thread(() -> {
                try {
                    for (int i = 0; i < messages; i++) {
                        ByteBuffer data = ByteBuffer.allocate(30_000).putInt(0, i);
                        f.peer.sendFpdu(RawPeer.sendMessage(2 + i, data.array()));
                    }
                } catch (java.io.IOException e) {
                    f.endpoint.violations.add(e.toString());
                }
            });
            sender.start();
            List<ReceiveBuffer> held = new ArrayList<>();
            ReceiveBuffer more;
            do {
                more = f.endpoint.held.poll(100, TimeUnit.MILLISECONDS);
                if (more != null) {
                    held.add(more);
                }
            } while (more != null || !f.queuePair().isReceiveStalled());
            assertThat(f.adapter.counters().get(IwarpCounter.RECEIVE_STALLS)).isPositive();
            assertThat(held.size()).isLessThanOrEqualTo(140);
            for (int i = 0; i < messages; i++) {
                ReceiveBuffer next = i < held.size() ? held.get(i) : f.endpoint.heldMessage();
                assertThat(next.data().getInt(0)).isEqualTo(i);
                assertThat(next.data().remaining()).isEqualTo(30_000);
                next.release();
            }
            sender.join();
            assertThat(f.queuePair().isReceiveStalled()).isFalse();
        }
    }

    @Test
    void releasingAReceiveBufferTwiceIsAnError() throws Exception {
        try (RawPeerFixture f = new RawPeerFixture().responding()) {
            f.endpoint.hold = true;
            f.peer.sendFpdu(RawPeer.sendMessage(2, new byte[3]));
            ReceiveBuffer buffer = f.endpoint.heldMessage();
            buffer.release();
            org.assertj.core.api.Assertions.assertThatThrownBy(buffer::release).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    @Tag("conformance-29")
    void aFenceWaitsForTheReadResponseThatIsOnItsWay() throws Exception {
        int size = 64 << 20;
        try (RawPeerFixture f = new RawPeerFixture().responding()) {
            ByteBuffer memory = ByteBuffer.allocateDirect(size);
            Exposure exposure = f.expose(memory, Access.REMOTE_READ);
            f.peer.sendFpdu(RawPeer.readRequest(1, 7, 0, size, exposure.stag(), exposure.offset()));
            assertThat(f.peer.readFpdu().opcode()).isEqualTo(RdmapOpcode.READ_RESPONSE);
            CompletableFuture<Void> fenced = new CompletableFuture<>();
            CompletableFuture<Boolean> atOnce = new CompletableFuture<>();
            f.queuePair().execute(() -> atOnce.complete(exposure.revoke(() -> fenced.complete(null))));
            assertThat(Endpoint.get(atOnce)).as("64 MiB do not fit into the socket").isFalse();
            assertThat(fenced).isNotDone();
            while (!f.peer.readFpdu().isLast()) {
                assertThat(f.queuePair().isOpen()).isTrue();
            }
            Endpoint.get(fenced);
        }
    }

    /** Longer than one that takes nothing is waited for, and a bit at a time. */
    @Test
    @Tag("conformance-29")
    void aPeerThatTakesWhatItReadsSlowlyKeepsItsConnection() throws Exception {
        int size = 64 << 20;
        try (RawPeerFixture f = new RawPeerFixture().responding()) {
            Exposure exposure = f.expose(ByteBuffer.allocateDirect(size), Access.REMOTE_READ);
            f.peer.sendFpdu(RawPeer.readRequest(1, 7, 0, size, exposure.stag(), exposure.offset()));
            f.peer.readFpdu();
            CompletableFuture<Void> fenced = new CompletableFuture<>();
            assertThat(exposure.revoke(() -> fenced.complete(null))).isFalse();
            int taken = 0;
            for (RawPeer.Fpdu fpdu = f.peer.readFpdu(); !fpdu.isLast(); fpdu = f.peer.readFpdu()) {
                if (taken >> 20 != (taken += fpdu.ulpdu().limit()) >> 20) {
                    Thread.sleep(80);
                }
            }
            Endpoint.get(fenced);
            assertThat(f.queuePair().isOpen()).isTrue();
            assertThat(f.adapter.counters().get(IwarpCounter.REVOKE_TIMEOUT)).isZero();
        }
    }

    @Test
    @Tag("conformance-29")
    void aPeerThatNeverTakesWhatItReadsLosesItsConnectionAndTheFenceRuns() throws Exception {
        int size = 64 << 20;
        try (RawPeerFixture f = new RawPeerFixture().responding()) {
            Exposure exposure = f.expose(ByteBuffer.allocateDirect(size), Access.REMOTE_READ);
            f.peer.sendFpdu(RawPeer.readRequest(1, 7, 0, size, exposure.stag(), exposure.offset()));
            f.peer.readFpdu();
            CompletableFuture<Void> fenced = new CompletableFuture<>();
            assertThat(exposure.revoke(() -> fenced.complete(null))).isFalse();
            Endpoint.get(fenced);
            f.endpoint.end();
            assertThat(f.adapter.counters().get(IwarpCounter.REVOKE_TIMEOUT)).isEqualTo(1);
        }
    }

    @Test
    @Tag("conformance-29")
    void revokingInTheMiddleOfAnFpduStopsPlacementAtOnce() throws Exception {
        int size = 60_000;
        try (RawPeerFixture f = new RawPeerFixture().responding()) {
            ByteBuffer memory = ByteBuffer.allocateDirect(size);
            Exposure exposure = f.expose(memory, Access.REMOTE_WRITE);
            byte[] data = new byte[size];
            java.util.Arrays.fill(data, (byte) 1);
            byte[] fpdu = f.peer.fpdu(RawPeer.tagged(RdmapOpcode.RDMA_WRITE, true, exposure.stag(), exposure.offset(), data)).array();
            f.peer.send(java.util.Arrays.copyOf(fpdu, 10_016));
            CompletableFuture<Boolean> revoked = new CompletableFuture<>();
            while (!revoked.isDone()) {
                f.queuePair().execute(() -> {
                    if (memory.get(9_999) == 1) {
                        revoked.complete(exposure.revoke(() -> {}));
                    }
                });
                Thread.yield();
            }
            assertThat(Endpoint.get(revoked)).isTrue();
            f.peer.send(java.util.Arrays.copyOfRange(fpdu, 10_016, fpdu.length));
            TerminateMessage message = f.peer.readTerminate();
            assertThat(new int[] {message.layer(), message.type(), message.code()}).containsExactly(1, 1, 0);
            f.endpoint.end();
            for (int i = 10_000; i < size; i++) {
                assertThat(memory.get(i)).isZero();
            }
        }
    }

    @Test
    void theAdapterCannotBeClosedFromACallback() throws Exception {
        try (RawPeerFixture f = new RawPeerFixture().responding()) {
            CompletableFuture<Throwable> thrown = new CompletableFuture<>();
            f.queuePair().execute(() -> {
                try {
                    f.adapter.close();
                    thrown.complete(null);
                } catch (IllegalStateException e) {
                    thrown.complete(e);
                }
            });
            assertThat(Endpoint.get(thrown)).isInstanceOf(IllegalStateException.class);
            assertThat(f.queuePair().isOpen()).isTrue();
        }
    }

    @Test
    void aMemorySourceThatThrowsEndsItsConnectionOnly() throws Exception {
        try (RawPeerFixture f = new RawPeerFixture().responding()) {
            Exposure exposure = f.queuePair().expose(new MemorySource() {
                @Override
                public int length() {
                    return 10;
                }

                @Override
                public ByteBuffer memory() {
                    throw new IllegalStateException("this trace belongs to the test");
                }
            }, Access.REMOTE_WRITE);
            f.peer.sendFpdu(RawPeer.tagged(RdmapOpcode.RDMA_WRITE, true, exposure.stag(), exposure.offset(), new byte[4]));
            assertThat(f.endpoint.end()).isInstanceOf(ConnectionClosedException.class);
            assertThat(f.peer.isClosedByOther()).isTrue();
        }
    }

    @Test
    void aRequestThatCannotBeSentEndsItsConnectionOnlyAndStillCompletes() throws Exception {
        try (RawPeerFixture f = new RawPeerFixture().responding()) {
            WorkRequest good = RawPeerFixture.send(new byte[] {1});
            WorkRequest bad = new WorkRequest().send().add(null).signaled(true);
            f.queuePair().postSend(good.next(bad));
            assertThat(f.endpoint.sendCompletion().request()).isSameAs(good);
            assertThat(f.endpoint.sendCompletion()).isEqualTo(new Endpoint.Completion(bad, false));
            assertThat(f.endpoint.end()).isInstanceOf(ConnectionClosedException.class);
        }
    }

    @Test
    void aHandlerThatThrowsEndsItsConnectionOnly() throws Exception {
        try (RawPeerFixture f = new RawPeerFixture().responding()) {
            f.endpoint.whenReceived = (qp, buffer) -> {
                buffer.release();
                throw new IllegalStateException("this trace belongs to the test");
            };
            f.peer.sendFpdu(RawPeer.sendMessage(2, new byte[3]));
            assertThat(f.endpoint.end()).isInstanceOf(ConnectionClosedException.class);
            assertThat(f.adapter.counters().get(IwarpCounter.HANDLER_FAILED)).isEqualTo(1);
            assertThat(f.peer.isClosedByOther()).isTrue();
        }
    }
}
