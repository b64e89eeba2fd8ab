// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.proto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RdmaHeaderTest {

    private final RdmaHeader header = new RdmaHeader();

    @Test
    @Tag("conformance-11")
    @DisplayName("Read segments are sorted by position, those of one chunk stay in list order")
    void sortsStably() {
        header.addRead(8, 1, 10, 100);
        header.addRead(0, 2, 20, 200);
        header.addRead(8, 3, 30, 300);
        header.addRead(4, 4, 40, 400);
        header.addRead(0, 5, 50, 500);

        header.sortReads();

        List<String> entries = new ArrayList<>();
        for (int i = 0; i < header.readCount(); i++) {
            entries.add(header.readPosition(i) + " " + header.readHandle(i) + " " + header.readLength(i) + " " + header.readOffset(i));
        }
        assertThat(entries).containsExactly("0 2 20 200", "0 5 50 500", "4 4 40 400", "8 1 10 100", "8 3 30 300");
        header.sortReads();
        assertThat(header.readHandle(1)).isEqualTo(5);
    }

    @Test
    @Tag("conformance-10")
    @Tag("conformance-12")
    @DisplayName("Read chunks fit the message whether their lengths include the pad or not")
    void placesOfReadChunks() throws Exception {
        header.addRead(40, 1, 3, 0);
        header.addRead(40, 1, 2, 0);
        header.addRead(48, 1, 4, 0);
        assertThat(header.checkReads(44)).isEqualTo(44 + 8 + 4);

        header.reset().addRead(40, 1, 8, 0);
        header.addRead(48, 1, 4, 0);
        assertThat(header.checkReads(44)).isEqualTo(56);
    }

    @Test
    @Tag("conformance-17")
    @DisplayName("a Position-Zero Read chunk is the stream into which the other chunks go")
    void positionZeroIsTheStream() throws Exception {
        header.procedure(RdmaHeader.RDMA_NOMSG);
        header.addRead(0, 1, 60, 0);
        header.addRead(0, 1, 40, 0);
        header.addRead(100, 2, 7, 0);

        header.checkCall();
        assertThat(header.checkReads(0)).isEqualTo(108);
        assertThat(header.positionZeroTotal()).isEqualTo(100);
    }

    @Test
    @DisplayName("positions and lengths of a hostile peer do not overflow the sums")
    void sumsDoNotOverflow() throws Exception {
        for (int i = 0; i < 8; i++) {
            header.addRead(0, 1, Integer.MAX_VALUE, 0);
            header.addRead(Integer.MAX_VALUE - 3, 1, Integer.MAX_VALUE, 0);
        }
        header.sortReads();
        int chunk = header.beginWrite();
        header.beginReply();
        for (int i = 0; i < 3; i++) {
            header.addWriteSegment(1, Integer.MAX_VALUE, 0);
            header.addReplySegment(1, Integer.MAX_VALUE, 0);
        }

        assertThat(header.writeTotal(chunk)).isEqualTo(3L * Integer.MAX_VALUE);
        assertThat(header.writeTotal(RdmaHeader.REPLY)).isEqualTo(3L * Integer.MAX_VALUE);
        assertThat(header.positionZeroTotal()).isEqualTo(8L * Integer.MAX_VALUE);
        assertThat(header.checkReads(0)).isEqualTo(8L * Integer.MAX_VALUE + (8L * Integer.MAX_VALUE + 3 & ~3L));
    }

    @Test
    @DisplayName("the largest Read list in the worst order is sorted like any other")
    void sortsLargeLists() {
        for (int i = 0; i < 4096; i++) {
            header.addRead((4095 - i) / 2 * 4, i, i, i);
        }

        header.sortReads();

        for (int i = 0; i < 4096; i++) {
            assertThat(header.readPosition(i)).isEqualTo(i / 2 * 4);
            int source = 4094 - i / 2 * 2 + i % 2;
            assertThat(header.readHandle(i)).isEqualTo(source);
            assertThat(header.readLength(i)).isEqualTo(source);
            assertThat(header.readOffset(i)).isEqualTo(source);
        }
    }

    @ParameterizedTest
    @Tag("conformance-38")
    @Tag("conformance-39")
    @ValueSource(ints = {RdmaHeader.RDMA_MSGP, RdmaHeader.RDMA_DONE, 5, -1})
    @DisplayName("obsolete and unknown procedures cannot be sent")
    void obsoleteProceduresAreNeverSent(int procedure) {
        header.procedure(procedure);

        assertThatIllegalStateException().isThrownBy(() -> header.encode(ByteBuffer.allocate(100), 0));
        assertThatIllegalStateException().isThrownBy(header::encodedLength);
    }

    @Test
    @DisplayName("nothing is written where the whole header does not fit")
    void encodeFitsOrWritesNothing() {
        header.xid(-1).beginReply();
        header.addReplySegment(-1, 1, -1);
        ByteBuffer target = ByteBuffer.allocate(header.encodedLength() + 3);

        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> header.encode(target, 4));
        target.limit(10);
        assertThatExceptionOfType(IndexOutOfBoundsException.class)
                .isThrownBy(() -> RdmaHeader.encodeErrChunk(target, 0, -1, 1, 1));
        assertThatExceptionOfType(IndexOutOfBoundsException.class)
                .isThrownBy(() -> RdmaHeader.encodeErrVers(target, 0, -1, 1, 1, 1, 1));
        assertThat(target.array()).containsOnly(0);
    }

    @Test
    @DisplayName("indices out of range and segments without a chunk are errors of the caller")
    void callerErrors() {
        header.beginWrite();
        header.addWriteSegment(1, 1, 1);
        header.beginWrite();

        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> header.writeHandle(0, 1));
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> header.writeLength(1, 0));
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> header.writeTotal(2));
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> header.readPosition(0));
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> header.writeLength(RdmaHeader.REPLY, 0));
        assertThatIllegalStateException().isThrownBy(() -> header.addReplySegment(1, 1, 1));
        assertThatIllegalStateException().isThrownBy(() -> header.reset().addWriteSegment(1, 1, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> header.addRead(-4, 1, 1, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> header.addRead(4, 1, -1, 1));
    }

    @Test
    @DisplayName("neither decoding nor encoding nor refusing allocates once the arrays have grown")
    void steadyStateDoesNotAllocate() throws Exception {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        assertThat(threads.isThreadAllocatedMemorySupported()).isTrue();
        ByteBuffer message = ByteBuffer.allocateDirect(4096);
        for (int i = 0; i < 16; i++) {
            header.addRead(64 - i / 4 * 4, i, 4096, i);
        }
        header.beginWrite();
        header.addWriteSegment(1, 2, 3);
        header.beginReply();
        header.addReplySegment(1, 2, 3);
        message.limit(header.encode(message, 0));
        ByteBuffer truncated = message.duplicate().limit(message.limit() - 1);
        exercise(message, truncated, 20_000);

        long before = threads.getCurrentThreadAllocatedBytes();
        exercise(message, truncated, 1_000);
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;

        assertThat(allocated).as("bytes for 1000 rounds").isLessThan(1_000);
    }

    private void exercise(ByteBuffer message, ByteBuffer truncated, int rounds) throws MalformedHeaderException {
        for (int i = 0; i < rounds; i++) {
            int refused = 0;
            try {
                header.decode(truncated, 64);
            } catch (MalformedHeaderException e) {
                refused++;
            }
            header.decode(message, 64);
            header.encode(message, 0);
            header.sortReads();
            if (refused != 1 || header.readCount() != 16) {
                throw new AssertionError("round " + i);
            }
        }
    }
}
