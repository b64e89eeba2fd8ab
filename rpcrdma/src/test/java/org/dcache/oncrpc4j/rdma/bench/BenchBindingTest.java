// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.dcache.oncrpc4j.rdma.spi.CallHeader;
import org.dcache.oncrpc4j.rdma.spi.CallPlan;
import org.dcache.oncrpc4j.rdma.spi.UpperLayerBinding;
import org.dcache.oncrpc4j.rdma.spi.XdrView;
import org.junit.jupiter.api.Test;

class BenchBindingTest {

    private static final int START = 40;

    private final BenchBinding binding = new BenchBinding();

    private record Bytes(byte[] content) implements XdrView {
        @Override
        public int length() {
            return content.length;
        }

        @Override
        public int getInt(int position) {
            return ByteBuffer.wrap(content).getInt(position);
        }
    }

    private record Item(int position, int length) {}

    private static final class Findings implements CallPlan {
        final List<Item> arguments = new ArrayList<>();
        final List<Integer> results = new ArrayList<>();
        int bound = -1;

        @Override
        public void eligibleArgument(int position, int length) {
            arguments.add(new Item(position, length));
        }

        @Override
        public void expectResult(int maxLength) {
            results.add(maxLength);
        }

        @Override
        public void replyBound(int bytes) {
            bound = bytes;
        }
    }

    private static CallHeader header(int procedure) {
        return new CallHeader(BenchProtocol.PROGRAM, BenchProtocol.VERSION, procedure);
    }

    /** A message with a count word where READ arguments, READ results and WRITE arguments have it. */
    private static Bytes message(int count, int total) {
        byte[] bytes = new byte[total];
        ByteBuffer.wrap(bytes).putInt(START + BenchProtocol.COUNT_OFFSET, count);
        return new Bytes(bytes);
    }

    private Findings call(int procedure, XdrView message) {
        Findings findings = new Findings();
        binding.call(header(procedure), message, START, findings);
        return findings;
    }

    @Test
    void isFoundByServiceLoader() {
        assertThat(ServiceLoader.load(UpperLayerBinding.class)).anyMatch(BenchBinding.class::isInstance);
    }

    @Test
    void coversItsOwnProgramOnly() {
        assertThat(binding.covers(BenchProtocol.PROGRAM, BenchProtocol.VERSION)).isTrue();
        assertThat(binding.covers(BenchProtocol.PROGRAM, 2)).isFalse();
        assertThat(binding.covers(100003, BenchProtocol.VERSION)).isFalse();
    }

    @Property
    void readExpectsOneResultOfTheCountAskedFor(@ForAll @IntRange(min = 1, max = BenchProtocol.MAX_DATA) int count) {
        Findings findings = call(BenchProtocol.READ, message(count, START + 12));
        assertThat(findings.results).containsExactly(count);
        assertThat(findings.arguments).isEmpty();
        assertThat(findings.bound).isEqualTo(BenchBinding.REPLY_BOUND);
    }

    @Property
    void writeOffersTheDataBehindItsCountWord(@ForAll @IntRange(min = 1, max = 70_000) int count) {
        int padded = (count + 3) & ~3;
        Findings findings = call(BenchProtocol.WRITE, message(count, START + 12 + padded));
        assertThat(findings.arguments).containsExactly(new Item(START + BenchProtocol.DATA_OFFSET, count));
        assertThat(findings.results).isEmpty();
    }

    @Property
    void readResultsHaveOneItemAlsoWhenItsDataIsMissing(@ForAll @IntRange(min = 1, max = BenchProtocol.MAX_DATA) int count) {
        List<Item> items = new ArrayList<>();
        binding.results(header(BenchProtocol.READ), message(count, START + 12), START, (p, n) -> items.add(new Item(p, n)));
        assertThat(items).containsExactly(new Item(START + BenchProtocol.DATA_OFFSET, count));
    }

    @Test
    void nullAndUnknownProceduresHaveNothingEligibleAndAShortReply() {
        for (int procedure : new int[] {BenchProtocol.NULL, 3, -1}) {
            Findings findings = call(procedure, new Bytes(new byte[START]));
            assertThat(findings.arguments).isEmpty();
            assertThat(findings.results).isEmpty();
            assertThat(findings.bound).isEqualTo(BenchBinding.REPLY_BOUND);
        }
    }

    @Property
    void whateverTheBytesSayNothingReachesBeyondTheMessage(@ForAll byte[] content, @ForAll @IntRange(min = 0, max = 3) int procedure,
            @ForAll @IntRange(min = 0, max = 64) int offset) {
        Bytes message = new Bytes(content);
        Findings findings = new Findings();
        List<Item> items = new ArrayList<>();
        try {
            binding.call(header(procedure), message, offset, findings);
            binding.results(header(procedure), message, offset, (p, n) -> items.add(new Item(p, n)));
        } catch (IndexOutOfBoundsException e) {
            // What the contract allows for a message that is too short.
            assertThat(content.length).isLessThan(offset + BenchProtocol.DATA_OFFSET);
        }
        assertThat(findings.arguments).allSatisfy(item -> {
            assertThat(item.length()).isPositive();
            assertThat(item.position() + item.length()).isLessThanOrEqualTo(content.length);
        });
        assertThat(findings.results).allSatisfy(n -> assertThat(n).isBetween(1, BenchProtocol.MAX_DATA));
        assertThat(items).allSatisfy(item -> assertThat(item.length()).isBetween(1, BenchProtocol.MAX_DATA));
    }

    @Test
    void countsNoHonestPeerSendsMakeNothingEligible() {
        for (int count : new int[] {0, -1, Integer.MIN_VALUE, BenchProtocol.MAX_DATA + 1, Integer.MAX_VALUE}) {
            assertThat(call(BenchProtocol.READ, message(count, START + 12)).results).as("READ %d", count).isEmpty();
            assertThat(call(BenchProtocol.WRITE, message(count, START + 12)).arguments).as("WRITE %d", count).isEmpty();
        }
        assertThat(call(BenchProtocol.WRITE, message(9, START + 12 + 8)).arguments).isEmpty();
    }

    @Test
    void aCallThatEndsBeforeItsCountWordIsOutOfBounds() {
        assertThatThrownBy(() -> call(BenchProtocol.WRITE, new Bytes(new byte[START + 11])))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }
}
