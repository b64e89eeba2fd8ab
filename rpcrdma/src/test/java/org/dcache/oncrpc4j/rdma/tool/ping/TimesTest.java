// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.ping;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class TimesTest {

    @Test
    void orderDoesNotMatterAndManyFit() {
        Times times = new Times();
        LongStream.rangeClosed(1, 101).map(i -> 102 - i).forEach(times::add);
        assertThat(times.count()).isEqualTo(101);
        assertThat(times.min()).isEqualTo(1);
        assertThat(times.median()).isEqualTo(51);
        assertThat(times.max()).isEqualTo(101);
    }

    @Test
    void noTimesAreZeroes() {
        assertThat(new Times().micros()).containsEntry("count", 0).containsEntry("median", 0.0);
    }

    @Test
    void theUnitFitsTheTime() {
        assertThat(Times.text(1_500)).isEqualTo("1.5 us");
        assertThat(Times.text(999_900)).isEqualTo("999.9 us");
        assertThat(Times.text(1_234_000)).isEqualTo("1.23 ms");
    }
}
