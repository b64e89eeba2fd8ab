// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.dcache.oncrpc4j.rdma.rpc.message.Bindings;
import org.dcache.oncrpc4j.rdma.rpc.message.CallReading;
import org.dcache.oncrpc4j.rdma.rpc.message.Views;
import org.dcache.oncrpc4j.rdma.spi.CallHeader;
import org.dcache.oncrpc4j.rdma.spi.CallPlan;
import org.dcache.oncrpc4j.rdma.spi.ResultVisitor;
import org.dcache.oncrpc4j.rdma.spi.UpperLayerBinding;
import org.dcache.oncrpc4j.rdma.spi.XdrView;
import org.dcache.oncrpc4j.rdma.xprt.error.BadReplyException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Which result belongs to which Write chunk. */
class PendingReplyTest {

    private static final int PROGRAM = 0x20001234;
    private static final int RESULTS = 24;

    /** The results are opaques up to the end, all eligible. */
    private static final class Opaques implements UpperLayerBinding {
        @Override
        public String name() {
            return "opaques";
        }

        @Override
        public boolean covers(int program, int version) {
            return program == PROGRAM;
        }

        @Override
        public void call(CallHeader call, XdrView message, int offset, CallPlan plan) {
            throw new AssertionError("not asked for");
        }

        @Override
        public void results(CallHeader call, XdrView message, int offset, ResultVisitor visitor) {
            int position = offset;
            while (position < message.length()) {
                int length = message.getInt(position);
                position += 4;
                if (!visitor.eligible(position, length)) {
                    position += length + 3 & ~3;
                }
            }
        }
    }

    private static int[] locate(int[] written, int... results) throws IOException {
        ByteBuffer call = ByteBuffer.allocate(40).putInt(12, PROGRAM).putInt(8, 2);
        PendingReply pending = new PendingReply(null, null);
        pending.reading(CallReading.of(Views.of(call), new Bindings(List.of(new Opaques()))), Views.of(call));
        ByteBuffer reply = ByteBuffer.allocate(RESULTS + 4 * results.length).putInt(4, 1);
        reply.position(RESULTS);
        for (int word : results) {
            reply.putInt(word);
        }
        int[] positions = new int[written.length];
        Arrays.fill(positions, -1);
        pending.locate(reply.flip(), written, written.length, positions);
        return positions;
    }

    @Test
    @Tag("conformance-23")
    void theNthResultTakesTheNthChunk() throws IOException {
        assertThat(locate(new int[] {100, 50}, 100, 50)).containsExactly(RESULTS + 4, RESULTS + 8);
    }

    @Test
    @Tag("conformance-26")
    void aResultWithoutChunkIsInlineAndAChunkWithoutResultUnused() throws IOException {
        assertThat(locate(new int[] {100}, 100, 4, -1)).containsExactly(RESULTS + 4);
        assertThat(locate(new int[] {100, 0}, 100)).containsExactly(RESULTS + 4, -1);
    }

    @Test
    @Tag("conformance-15")
    void anEmptyResultTakesTheChunkThatCameBackUnused() throws IOException {
        assertThat(locate(new int[] {0, 50}, 0, 50)).containsExactly(-1, RESULTS + 8);
    }

    @Test
    @Tag("conformance-56")
    void anEmptyResultTakesNoChunkWhenTheServerGaveItsToTheNextResultAsLinuxDoes() throws IOException {
        assertThat(locate(new int[] {50, 0}, 0, 50)).containsExactly(RESULTS + 8, -1);
        assertThat(locate(new int[] {50}, 0, 50)).containsExactly(RESULTS + 8);
    }

    @Test
    @Tag("conformance-109")
    void aChunkOfAnotherLengthThanItsResultContradictsIt() {
        assertThatThrownBy(() -> locate(new int[] {100}, 99)).isInstanceOf(BadReplyException.class);
    }

    @Test
    @Tag("conformance-109")
    void writtenDataThatNoResultClaimsHasNoPlace() throws IOException {
        assertThat(locate(new int[] {100}, 0)).containsExactly(-1);
    }
}
