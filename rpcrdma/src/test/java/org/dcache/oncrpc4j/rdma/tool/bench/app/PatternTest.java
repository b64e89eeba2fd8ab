// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class PatternTest {

    private static ByteBuffer filled(Pattern pattern, long tag) {
        return pattern.stamp(pattern.fill(ByteBuffer.allocate(pattern.size())), tag);
    }

    @Property
    void whatWasFilledAndStampedIsAccepted(@ForAll @IntRange(min = 0, max = 5000) int size, @ForAll long tag, @ForAll boolean every)
            throws DataMismatchException {
        Pattern pattern = new Pattern(size);
        ByteBuffer data = filled(pattern, tag);
        pattern.check(data, tag, every);
        assertThat(data.remaining()).isEqualTo(size);
    }

    @Property
    void everySingleWrongByteIsFoundWhenAllAreCompared(@ForAll @IntRange(min = 1, max = 3000) int size, @ForAll long tag,
            @ForAll @IntRange(min = 0, max = 2999) int at, @ForAll @IntRange(min = 1, max = 255) int change) {
        Assume.that(at < size);
        Pattern pattern = new Pattern(size);
        ByteBuffer data = filled(pattern, tag);
        data.put(at, (byte) (data.get(at) ^ change));
        assertThatThrownBy(() -> pattern.check(data, tag, true)).isInstanceOf(DataMismatchException.class);
    }

    @Test
    void dataOfAnotherCallIsFoundByItsTagsAlone() {
        Pattern pattern = new Pattern(64);
        ByteBuffer stale = filled(pattern, 7);
        assertThatThrownBy(() -> pattern.check(stale, 8, false)).isInstanceOf(DataMismatchException.class).hasMessageContaining("tag");

        ByteBuffer torn = filled(pattern, 8).putLong(56, 7);
        assertThatThrownBy(() -> pattern.check(torn, 8, false)).isInstanceOf(DataMismatchException.class).hasMessageContaining("byte 56");
    }

    @Test
    void wrongLengthIsFound() {
        assertThatThrownBy(() -> new Pattern(64).check(filled(new Pattern(60), 1), 1, false))
                .isInstanceOf(DataMismatchException.class).hasMessageContaining("expected 64 bytes, got 60");
    }

    @Test
    void dataMayStartAnywhereInABuffer() throws DataMismatchException {
        Pattern pattern = new Pattern(100);
        ByteBuffer larger = ByteBuffer.allocateDirect(120).position(13);
        larger.put(filled(pattern, 3)).position(13).limit(113);
        pattern.check(larger, 3, true);
        assertThat(larger.position()).isEqualTo(13);
    }
}
