// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.dcache.oncrpc4j.rdma.spi.CallHeader;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("conformance-51")
class Nfs4CallbackBindingTest {

    private static final CallHeader CB_COMPOUND = new CallHeader(0x40000000, 1, 1);

    private final Nfs4CallbackBinding binding = new Nfs4CallbackBinding();

    private static XdrMessage x() {
        return new XdrMessage();
    }

    private static XdrMessage sequence(int minor, int operations) {
        return x().string("").words(minor, -1, operations).words(11).fill(32).words(1).fill(16).words(2).fill(16);
    }

    private int bound(XdrMessage call) {
        Findings f = Findings.call(binding, CB_COMPOUND, call, 0);
        assertThat(f.items).isEmpty();
        assertThat(f.results).isEmpty();
        return f.bound;
    }

    static Stream<XdrMessage> operations() {
        return Stream.of(
                x().words(4).fill(20).opaque(28),
                x().words(5).fill(12).words(1).opaque(28).fill(32),
                x().words(5).fill(12).words(2).fill(16),
                x().words(5).fill(12).words(3),
                x().words(6).fill(16).opaque(28).words(1, 1, -1).opaque(20),
                x().words(7).opaque(28).words(0),
                x().words(8).fill(4).words(1, -1),
                x().words(9).fill(4).words(1, -1),
                x().words(10).fill(4),
                x().words(12).fill(8),
                x().words(13).opaque(28).fill(8).opaque(5),
                x().words(14).words(1, 1, -1).opaque(24),
                x().words(15).opaque(28).fill(16).words(0, 0).fill(20),
                x().words(15).opaque(28).fill(16).words(5).fill(8));
    }

    @ParameterizedTest
    @MethodSource("operations")
    void repliesAreSmallEnoughToNeedNoChunk(XdrMessage operation) {
        assertThat(bound(sequence(1, 2).append(operation))).isEqualTo(424 + 12 + 8 + 32 + 8);
    }

    @Test
    void attributesCountByWhatIsAskedFor() {
        assertThat(bound(sequence(2, 2).words(3).opaque(28).words(1, 0x18))).isEqualTo(424 + 12 + 8 + 32 + 8 + 36 + 4 + 16);
    }

    @Test
    void whatIsNotSurelyACbCompoundHasNoBound() {
        assertThat(bound(sequence(1, 1))).isGreaterThan(424);
        assertThat(bound(sequence(0, 1))).as("4.0 has none over RDMA").isEqualTo(Findings.UNKNOWN);
        assertThat(bound(sequence(3, 1))).isEqualTo(Findings.UNKNOWN);
        assertThat(bound(sequence(1, 1).words(0))).as("more behind it").isEqualTo(Findings.UNKNOWN);
        assertThat(bound(x().string("").words(1, 0, 1, 10).fill(4))).as("no CB_SEQUENCE").isEqualTo(Findings.UNKNOWN);
        assertThat(bound(sequence(1, 2).words(16))).as("an unknown operation").isEqualTo(Findings.UNKNOWN);
        Findings other = Findings.call(binding, new CallHeader(0x40000000, 1, 2), sequence(1, 1), 0);
        assertThat(other.bound).isEqualTo(Findings.UNKNOWN);
        assertThat(binding.covers(0x40000001, 1)).isFalse();
        assertThat(binding.covers(0x40000000, 2)).isFalse();
    }

    @Test
    void nothingIsEligible() {
        assertThat(Findings.results(binding, CB_COMPOUND, x().words(0, 0, 1, 3, 0).opaque(4), 0, false)).isEmpty();
    }
}
