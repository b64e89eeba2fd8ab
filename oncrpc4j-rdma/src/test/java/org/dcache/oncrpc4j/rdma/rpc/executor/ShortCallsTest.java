// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc.executor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Calls are short when hardly any is long. */
class ShortCallsTest {

    private final ShortCalls calls = new ShortCalls();

    private void ran(int count, long nanos) {
        for (int i = 0; i < count; i++) {
            calls.ran(nanos);
        }
    }

    @Test
    void theyAreWhenAThousandWere() {
        ran(999, ShortCalls.SHORT_NANOS);
        assertThat(calls.areTheRule()).isFalse();
        ran(1, ShortCalls.SHORT_NANOS);
        assertThat(calls.areTheRule()).isTrue();
    }

    @Test
    void oneInAThousandMayBlock() {
        ran(1000, 0);
        for (int i = 0; i < 100; i++) {
            ran(1000, 0);
            assertThat(calls.areTheRule()).isTrue();
            ran(1, Long.MAX_VALUE);
        }
        ran(1000, 0);
        assertThat(calls.areTheRule()).isTrue();
    }

    @Test
    void notTwo() {
        for (int i = 0; i < 100; i++) {
            ran(499, 0);
            ran(1, Long.MAX_VALUE);
            assertThat(calls.areTheRule()).isFalse();
        }
    }

    @Test
    void afterManyShortOnesTwoLongOnesInTurnEndIt() {
        ran(100_000, 0);
        ran(1, Long.MAX_VALUE);
        assertThat(calls.areTheRule()).isTrue();
        ran(1, ShortCalls.MOST_LOST_NANOS);
        assertThat(calls.areTheRule()).isFalse();
    }

    @Test
    void whenSeveralCameBehindOneItTakesAThousandAgain() {
        ran(1999, 0);
        calls.severalCame();
        assertThat(calls.areTheRule()).isFalse();
        ran(1, 0);
        assertThat(calls.areTheRule()).isTrue();
    }

    @Test
    void oneInAHundredMayTakeTwiceAsLong() {
        ran(1000, 0);
        for (int i = 0; i < 100; i++) {
            ran(99, 0);
            ran(1, 198_000);
        }
        ran(99, 0);
        assertThat(calls.areTheRule()).isTrue();
    }
}
