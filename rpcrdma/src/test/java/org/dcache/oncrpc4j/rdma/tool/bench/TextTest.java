// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.dcache.oncrpc4j.rdma.tool.TextTable;
import org.dcache.oncrpc4j.rdma.tool.html.BarChart;
import org.junit.jupiter.api.Test;

class TextTest {

    @Test
    void columnsLineUp() {
        assertThat(new TextTable("what", "n").row("a", "1.00").row("longer", "10").render()).isEqualTo("""
                what       n
                a       1.00
                longer    10
                """);
    }

    @Test
    void aRowOfAnotherWidthIsRefused() {
        assertThatThrownBy(() -> new TextTable("a", "b").row("c")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void barsAreAsLongAsTheirValues() {
        String[] lines = new BarChart("rates").bar("x", "", 100).bar("", "yy", 50).bar("z", "", 0).text().split("\n");
        assertThat(lines[0]).isEqualTo("rates");
        assertThat(lines[1]).isEqualTo("  x  |" + "#".repeat(50) + " 100");
        assertThat(lines[2]).isEqualTo("  yy |" + "#".repeat(25) + " 50.0");
        assertThat(lines[3]).isEqualTo("  z  | 0.00");
    }

    @Test
    void aChartOfNothingButZerosHasNoBars() {
        assertThat(new BarChart("t").bar("x", "", 0).text()).doesNotContain("#");
    }

    @Test
    void whatIsNoLengthIsRefused() {
        for (double value : new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatThrownBy(() -> new BarChart("t").bar("x", "", value)).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
