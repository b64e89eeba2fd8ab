// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** RDMA Write, RDMA Read and exposures as every provider must do them. */
public abstract class RemoteMemorySuite extends ProviderSuite {

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 63, 64, 1000, 1442, 4096, 32767, 65460, 65461, 100_003, 1 << 20})
    @Tag("conformance-94")
    @Tag("conformance-102")
    void aWriteIsThereWhenTheSendBehindItArrives(int size) throws Exception {
        Pair pair = connect();
        byte[] content = pattern(size, 1);
        Memory target = memory(size + 14);
        Exposure exposure = expose(pair.client(), MemorySource.of(target.bytes()), Access.REMOTE_WRITE);
        WorkRequest write = write(content, exposure.stag(), exposure.offset() + 7).signaled(false);
        WorkRequest send = send(pattern(4, 2));
        pair.serverQp().postSend(write.next(send));
        pair.client().message();
        revoke(exposure);
        byte[] expected = new byte[size + 14];
        System.arraycopy(content, 0, expected, 7, size);
        assertThat(target.content()).isEqualTo(expected);
        succeeds(pair.server().sendCompletion(), send);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 63, 64, 1000, 1442, 4096, 32767, 65460, 65461, 100_003, 1 << 20})
    @Tag("conformance-100")
    void aReadFetchesExactlyWhatWasAsked(int size) throws Exception {
        Pair pair = connect();
        byte[] content = pattern(size + 10, 3);
        Exposure exposure = expose(pair.client(), MemorySource.of(memory(content).bytes()), Access.REMOTE_READ);
        Memory sink = memory(size + 6);
        WorkRequest read = read(sink, 3, size, exposure.stag(), exposure.offset() + 10);
        pair.serverQp().postSend(read);
        succeeds(pair.server().readCompletion(), read);
        byte[] expected = new byte[size + 6];
        System.arraycopy(content, 10, expected, 3, size);
        assertThat(sink.content()).isEqualTo(expected);
        revoke(exposure);
    }

    @Test
    @Tag("conformance-105")
    void zeroLengthWritesAndReadsSucceedWithoutAnExposure() throws Exception {
        Pair pair = connect();
        WorkRequest write = new WorkRequest().write(1, 0).signaled(true);
        pair.clientQp().postSend(write);
        succeeds(pair.client().sendCompletion(), write);
        Memory memory = memory(8);
        WorkRequest read = read(memory, 0, 0, 1, 0);
        pair.clientQp().postSend(read);
        succeeds(pair.client().readCompletion(), read);
        pair.clientQp().postSend(send(pattern(5, 1)));
        assertThat(pair.server().message().data()).isEqualTo(pattern(5, 1));
    }

    @Test
    void heapMemoryCanBeSentWrittenReadAndExposed() throws Exception {
        assumeTrue(adapter.capabilities().anyMemory(), "memory must be registered");
        Pair pair = connect(options(200_000, 4), options(200_000, 4));
        byte[] content = pattern(150_001, 4);
        byte[] target = new byte[content.length];
        Exposure writable = expose(pair.client(), MemorySource.of(ByteBuffer.wrap(target)), Access.REMOTE_WRITE);
        WorkRequest write = new WorkRequest().write(writable.stag(), writable.offset()).add(ByteBuffer.wrap(content));
        pair.serverQp().postSend(write.next(new WorkRequest().send().add(ByteBuffer.wrap(content)).signaled(true)));
        assertThat(pair.client().message().data()).isEqualTo(content);
        revoke(writable);
        assertThat(target).isEqualTo(content);
        Exposure readable = expose(pair.client(), MemorySource.of(ByteBuffer.wrap(content)), Access.REMOTE_READ);
        byte[] sink = new byte[content.length];
        WorkRequest read = new WorkRequest().read(readable.stag(), readable.offset()).add(ByteBuffer.wrap(sink)).signaled(true);
        pair.serverQp().postSend(read);
        succeeds(pair.server().readCompletion(), read);
        assertThat(sink).isEqualTo(content);
    }

    @Test
    void mixedElementsOfALargeWriteAreJoined() throws Exception {
        assumeTrue(adapter.capabilities().maxSge() >= 5, "the provider takes fewer than 5 elements");
        Pair pair = connect();
        byte[] content = pattern(300_000, 5);
        Memory memory = memory(content);
        Memory target = memory(content.length);
        Exposure exposure = expose(pair.client(), MemorySource.of(target.bytes()), Access.REMOTE_WRITE);
        WorkRequest write = new WorkRequest().write(exposure.stag(), exposure.offset())
                .add(memory.view(0, 1), memory.region())
                .add(memory.view(1, 99_999), memory.region())
                .add(memory.view(100_000, 50), memory.region())
                .add(memory.view(100_050, 9_950), memory.region())
                .add(memory.view(110_000, 190_000), memory.region());
        pair.serverQp().postSend(write.next(send(pattern(1, 1))));
        pair.client().message();
        assertThat(target.content()).isEqualTo(content);
    }

    @Test
    @Tag("conformance-101")
    void readsBeyondTheAgreedDepthWaitAndAllComplete() throws Exception {
        Pair pair = connect(options(64, 8, 2, 2), options(64, 8, 2, 2));
        byte[] content = pattern(64 * 1000, 6);
        Exposure exposure = expose(pair.client(), MemorySource.of(memory(content).bytes()), Access.REMOTE_READ);
        Memory sink = memory(content.length);
        WorkRequest[] reads = new WorkRequest[64];
        for (int i = 0; i < 64; i++) {
            reads[i] = read(sink, i * 1000, 1000, exposure.stag(), exposure.offset() + i * 1000L);
            pair.serverQp().postSend(reads[i]);
        }
        for (WorkRequest read : reads) {
            succeeds(pair.server().readCompletion(), read);
        }
        assertThat(sink.content()).isEqualTo(content);
    }

    @Test
    void readsAndWritesAndSendsOfBothSidesMix() throws Exception {
        int rounds = 60;
        Pair pair = connect(options(64, rounds), options(64, rounds));
        int size = 90_000;
        for (Endpoint[] ends : new Endpoint[][] {{pair.client(), pair.server()}, {pair.server(), pair.client()}}) {
            Memory source = memory(pattern(size, 7));
            Memory target = memory(size);
            Exposure readable = expose(ends[0], MemorySource.of(source.bytes()), Access.REMOTE_READ);
            Exposure writable = expose(ends[0], MemorySource.of(target.bytes()), Access.REMOTE_WRITE);
            Memory sink = memory(size);
            for (int i = 0; i < rounds / 2; i++) {
                WorkRequest write = write(pattern(size, i), writable.stag(), writable.offset()).signaled(false);
                WorkRequest read = read(sink, 0, size, readable.stag(), readable.offset());
                ends[1].queuePair().postSend(write.next(read.next(send(pattern(i, i)))));
            }
        }
        for (Endpoint end : new Endpoint[] {pair.client(), pair.server()}) {
            for (int i = 0; i < rounds / 2; i++) {
                assertThat(end.readCompletion().ok()).isTrue();
                assertThat(end.sendCompletion().ok()).isTrue();
                assertThat(end.message().data()).isEqualTo(pattern(i, i));
            }
        }
    }

    @Test
    @Tag("conformance-29")
    void afterARevocationTheMemoryStaysAsItIs() throws Exception {
        Pair pair = connect();
        Memory target = memory(4096);
        Exposure exposure = expose(pair.client(), MemorySource.of(target.bytes()), Access.REMOTE_WRITE);
        pair.serverQp().postSend(write(pattern(4096, 1), exposure.stag(), exposure.offset()).next(send(pattern(1, 1))));
        pair.client().message();
        revoke(exposure);
        byte[] before = target.content();
        pair.serverQp().postSend(write(pattern(4096, 2), exposure.stag(), exposure.offset()));
        pair.client().end();
        pair.server().end();
        assertThat(target.content()).isEqualTo(before);
    }

    @Test
    @Tag("conformance-94")
    void aWriteBeyondTheEndOrBeforeTheStartChangesNothing() throws Exception {
        for (long delta : new long[] {1, -1, 4096, -4096, 1L << 40, Long.MIN_VALUE}) {
            Pair pair = connect();
            Memory target = memory(100);
            Exposure exposure = expose(pair.client(), MemorySource.of(target.bytes()), Access.REMOTE_WRITE);
            pair.serverQp().postSend(write(pattern(100, 2), exposure.stag(), exposure.offset() + delta));
            pair.client().end();
            pair.server().end();
            assertThat(target.content()).isEqualTo(new byte[100]);
        }
    }

    @Test
    @Tag("conformance-44")
    void theRightToReadIsNotTheRightToWrite() throws Exception {
        Pair pair = connect();
        Memory target = memory(100);
        Exposure exposure = expose(pair.client(), MemorySource.of(target.bytes()), Access.REMOTE_READ);
        pair.serverQp().postSend(write(pattern(100, 2), exposure.stag(), exposure.offset()));
        pair.client().end();
        assertThat(target.content()).isEqualTo(new byte[100]);
    }

    @Test
    @Tag("conformance-44")
    void theRightToWriteIsNotTheRightToRead() throws Exception {
        assumeTrue(adapter.capabilities().separateRights(), "the device does not look at rights when memory is read");
        Pair pair = connect();
        Memory target = memory(pattern(100, 1));
        Exposure exposure = expose(pair.client(), MemorySource.of(target.bytes()), Access.REMOTE_WRITE);
        Memory sink = memory(100);
        WorkRequest read = read(sink, 0, 100, exposure.stag(), exposure.offset());
        pair.serverQp().postSend(read);
        assertThat(pair.server().readCompletion()).isEqualTo(new Endpoint.Completion(read, false));
        pair.client().end();
        assertThat(sink.content()).isEqualTo(new byte[100]);
    }

    @Test
    @Tag("conformance-42")
    @Tag("conformance-107")
    void anotherConnectionsHandleIsWorthNothing() throws Exception {
        assumeTrue(adapter.capabilities().ownHandles(), "handles hold for every connection of the adapter");
        Pair owner = connect();
        Pair thief = connect();
        Memory target = memory(100);
        Exposure exposure = expose(owner.client(), MemorySource.of(target.bytes()), Access.REMOTE_WRITE);
        thief.serverQp().postSend(write(pattern(100, 2), exposure.stag(), exposure.offset()));
        thief.client().end();
        assertThat(target.content()).isEqualTo(new byte[100]);
        assertThat(owner.clientQp().isOpen()).isTrue();
    }

    @Test
    @Tag("conformance-43")
    void handlesAreNeverZeroAndNewAtEachExposure() throws Exception {
        Pair pair = connect();
        Memory memory = memory(100);
        Set<Integer> stags = new HashSet<>();
        for (int i = 0; i < 100; i++) {
            Exposure exposure = expose(pair.client(), MemorySource.of(memory.bytes()), Access.REMOTE_READ);
            assertThat(exposure.stag()).isNotZero();
            assertThat(exposure.offset() + exposure.length()).isGreaterThan(exposure.offset());
            stags.add(exposure.stag());
            revoke(exposure);
            revoke(exposure);
        }
        assertThat(stags).hasSizeGreaterThan(95);
    }

    @Test
    void manyExposuresAtOnceAreAllReachable() throws Exception {
        Pair pair = connect(options(64, 700), options(64, 8));
        Memory target = memory(500 * 10);
        for (int i = 0; i < 500; i++) {
            Exposure exposure = expose(pair.client(), MemorySource.of(target.view(i * 10, 10)), Access.REMOTE_WRITE);
            byte[] content = new byte[10];
            Arrays.fill(content, (byte) i);
            pair.serverQp().postSend(write(content, exposure.stag(), exposure.offset()).next(send(new byte[1])));
        }
        for (int i = 0; i < 500; i++) {
            pair.client().message();
        }
        for (int i = 0; i < 5000; i++) {
            assertThat(target.bytes().get(i)).isEqualTo((byte) (i / 10));
        }
    }

    @Test
    void lazyMemoryIsAskedForOnceAndOnlyWhenTouched() throws Exception {
        assumeTrue(adapter.capabilities().lazyExposure(), "exposures are not lazy");
        Pair pair = connect();
        Memory target = memory(200_000);
        AtomicInteger asked = new AtomicInteger();
        MemorySource source = new MemorySource() {
            @Override
            public int length() {
                return 200_000;
            }

            @Override
            public ByteBuffer memory() {
                asked.incrementAndGet();
                return target.view(0, 200_000);
            }
        };
        Exposure untouched = expose(pair.client(), source, Access.REMOTE_WRITE);
        revoke(untouched);
        assertThat(asked).hasValue(0);
        Exposure exposure = expose(pair.client(), source, Access.REMOTE_WRITE);
        pair.serverQp().postSend(write(pattern(200_000, 8), exposure.stag(), exposure.offset()).next(send(new byte[1])));
        pair.client().message();
        assertThat(asked).hasValue(1);
        assertThat(target.content()).isEqualTo(pattern(200_000, 8));
    }
}
