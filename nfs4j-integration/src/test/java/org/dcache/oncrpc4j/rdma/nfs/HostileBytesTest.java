// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.ServiceLoader;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.IntRange;
import org.dcache.oncrpc4j.rdma.spi.CallHeader;
import org.dcache.oncrpc4j.rdma.spi.UpperLayerBinding;

/** Whatever the bytes are, a walk ends, soon, inside the message. */
@Tag("conformance-45")
class HostileBytesTest {

    private static final int[][] PROGRAMS = {{100003, 2}, {100003, 3}, {100003, 4}, {100227, 3}, {100005, 3}, {0x40000000, 1}};

    private static final List<UpperLayerBinding> BINDINGS =
            ServiceLoader.load(UpperLayerBinding.class).stream().map(ServiceLoader.Provider::get).toList();

    /** Mostly small words, as counts, flags and opcodes are, so that walks get far. */
    @Provide
    Arbitrary<byte[]> streams() {
        return Arbitraries.longs().flatMap(seed -> Arbitraries.integers().between(0, 900).map(length -> {
            Random random = new Random(seed);
            byte[] bytes = new byte[length];
            for (int i = 0; i < length; i++) {
                bytes[i] = (byte) (i % 4 == 3 ? random.nextInt(random.nextInt(10) == 0 ? 256 : 60) : random.nextInt(60) == 0
                        ? random.nextInt() : 0);
            }
            return bytes;
        }));
    }

    private static List<UpperLayerBinding> bindings(int program, int version) {
        return BINDINGS.stream().filter(b -> b.covers(program, version)).toList();
    }

    @Property(tries = 1000)
    void argumentsAreWalkedInLinearTimeAndItemsLieInOrderInsideTheMessage(@ForAll("streams") byte[] bytes,
            @ForAll @IntRange(max = 23) int procedure,
            @ForAll @IntRange(max = 16) int offset) {
        for (int[] program : PROGRAMS) {
            for (UpperLayerBinding binding : bindings(program[0], program[1])) {
                XdrMessage message = XdrMessage.of(bytes);
                Findings f = new Findings();
                try {
                    binding.call(new CallHeader(program[0], program[1], procedure), message, offset, f);
                } catch (IndexOutOfBoundsException e) {
                    // The one exception that a walk may end with; any other fails the test.
                    f.results.clear();
                }
                check(bytes.length, message, f.items, false);
                assertThat(f.results).hasSizeLessThanOrEqualTo(1).allSatisfy(n -> assertThat(n).isBetween(0, 64 << 20));
                assertThat(f.bound == Findings.UNKNOWN || f.bound >= 424 && f.bound <= 64 << 20).as("bound %d", f.bound).isTrue();
            }
        }
    }

    @Property(tries = 1000)
    void resultsAreWalkedInLinearTimeAndItemsLieInOrderInsideTheMessage(@ForAll("streams") byte[] bytes,
            @ForAll @IntRange(max = 23) int procedure,
            @ForAll @IntRange(max = 16) int offset, @ForAll boolean missing) {
        for (int[] program : PROGRAMS) {
            for (UpperLayerBinding binding : bindings(program[0], program[1])) {
                XdrMessage message = XdrMessage.of(bytes);
                List<Findings.Item> items = new ArrayList<>();
                try {
                    binding.results(new CallHeader(program[0], program[1], procedure), message, offset, (position, length) -> {
                        items.add(new Findings.Item(position, length));
                        return missing;
                    });
                } catch (IndexOutOfBoundsException e) {
                    if (!missing && !items.isEmpty()) {
                        // The transport forgets the items of a failed walk; the last one may end beyond the message.
                        items.remove(items.size() - 1);
                    }
                }
                check(bytes.length, message, items, missing);
            }
        }
    }

    private static void check(int length, XdrMessage message, List<Findings.Item> items, boolean missing) {
        assertThat(message.reads()).isLessThanOrEqualTo(length / 4 + 2);
        int end = 0;
        for (Findings.Item item : items) {
            assertThat(item.length()).isNotNegative();
            assertThat(item.position()).isBetween(end, length);
            end = missing ? item.position() : item.position() + item.length();
            assertThat(end).isLessThanOrEqualTo(length);
        }
    }
}
