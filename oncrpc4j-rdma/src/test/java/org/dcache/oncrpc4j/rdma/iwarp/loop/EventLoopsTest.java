// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The loops of the process are there or not there, never some of them. */
class EventLoopsTest {

    private static boolean runs(EventLoop loop) {
        return loop.execute(() -> {});
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void loopsThatCannotAllBeStartedLeaveNothingAndAreStartedByTheNextUser(int failing) throws Exception {
        List<EventLoop> made = new ArrayList<>();
        assertThatThrownBy(() -> EventLoops.acquire(3, name -> {
            if (made.size() == failing) {
                throw new UncheckedIOException("cannot open a selector", new IOException("Too many open files"));
            }
            made.add(new EventLoop(name, 0));
            return made.get(made.size() - 1);
        })).isInstanceOf(UncheckedIOException.class);
        assertThat(made).noneMatch(EventLoopsTest::runs);
        EventLoop[] loops = EventLoops.acquire(3, 0);
        try {
            assertThat(loops).hasSize(3).doesNotContainNull();
            CountDownLatch ran = new CountDownLatch(3);
            for (EventLoop loop : loops) {
                loop.execute(ran::countDown);
            }
            ran.await();
        } finally {
            EventLoops.release();
        }
    }

    @Test
    void theLastUserEndsThem() {
        EventLoop[] first = EventLoops.acquire(2, 0);
        assertThat(EventLoops.acquire(2, 0)).isSameAs(first);
        EventLoops.release();
        assertThat(first).allMatch(EventLoopsTest::runs);
        EventLoops.release();
        assertThat(first).noneMatch(EventLoopsTest::runs);
    }
}
