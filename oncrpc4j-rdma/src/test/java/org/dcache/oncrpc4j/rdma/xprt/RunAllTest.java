// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.dcache.oncrpc4j.rdma.xprt.link.RunAll;
import org.junit.jupiter.api.Test;

class RunAllTest {

    @Test
    void whatOneStepThrowsKeepsNoOtherFromRunningAndIsThrownInTheEnd() {
        List<Integer> ran = new ArrayList<>();
        RunAll all = new RunAll();
        OutOfMemoryError first = new OutOfMemoryError("on purpose");
        RuntimeException second = new IllegalStateException("on purpose");
        all.run(() -> ran.add(1));
        all.run(() -> {
            throw first;
        });
        all.run(() -> ran.add(2));
        all.run(() -> {
            throw second;
        });
        all.run(() -> ran.add(3));
        assertThat(ran).containsExactly(1, 2, 3);
        assertThatThrownBy(all::done).isSameAs(first).hasSuppressedException(second);
    }

    @Test
    void withoutAnyNothingIsThrown() {
        RunAll all = new RunAll();
        all.run(() -> {});
        all.done();
    }
}
