// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import picocli.CommandLine.Help.Ansi;

/** Colours are for terminals. */
class ColourTest {

    @Test
    void aWordIsColouredForATerminalAndPlainElsewhere() {
        assertThat(Colour.RED.of("wrong", Ansi.ON)).startsWith("\u001b[").contains("\u001b[31m", "wrong").endsWith("\u001b[0m");
        assertThat(Colour.RED.of("wrong", Ansi.OFF)).isEqualTo("wrong");
        assertThat(Colour.GREEN.of("ok   ", Ansi.OFF)).isEqualTo("ok   ");
    }
}
