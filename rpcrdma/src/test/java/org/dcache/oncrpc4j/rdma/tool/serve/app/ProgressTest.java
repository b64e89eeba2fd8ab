// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.serve.app;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What {@code serve} shows of what goes on. */
class ProgressTest {

    @Test
    void ratesArePerSecondInMillionsOfBytes() {
        assertThat(Progress.line(12_345.4, 456_780_000, 0)).isEqualTo("12,345 calls/s, read 456.8 MB/s, written 0.0 MB/s");
    }
}
