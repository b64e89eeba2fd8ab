// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Tables and lines fit the terminal, and lose nothing. */
class TerminalTest {

    private static TextTable table() {
        return new TextTable("what", "by", "ops/s", "MB/s", "p99").keys(2).row("null", "tcp", "16,000", "-", "1.5")
                .row("read", "rdma", "9,000", "37.1", "12");
    }

    @Test
    void aTableThatFitsIsOneBlock() {
        assertThat(table().render(Terminal.UNLIMITED)).isEqualTo(table().render(33)).isEqualTo("""
                what    by   ops/s  MB/s  p99
                null   tcp  16,000     -  1.5
                read  rdma   9,000  37.1   12
                """);
    }

    @Test
    void columnsThatDoNotFitStandBelowBehindThoseThatNameTheRow() {
        assertThat(table().render(24)).isEqualTo("""
                what    by   ops/s  MB/s
                null   tcp  16,000     -
                read  rdma   9,000  37.1

                what    by  p99
                null   tcp  1.5
                read  rdma   12
                """);
    }

    @Test
    void groupsOfColumnsStayTogetherIfTheyFit() {
        TextTable table = new TextTable("", "a: x", "y", "b: x", "y").row("r", "1", "2", "3", "4");
        assertThat(table.render(16)).isEqualTo("   a: x  y\nr     1  2\n\n   b: x  y\nr     3  4\n");
        assertThat(table.render(7)).isEqualTo("   a: x\nr     1\n\n   y\nr  2\n\n   b: x\nr     3\n\n   y\nr  4\n");
    }

    @Property
    void everyCellIsThereWhateverTheWidth(@ForAll @IntRange(max = 60) int width) {
        assertThat(table().render(width)).contains("16,000", "9,000", "37.1", "1.5", "12", "MB/s", "p99");
    }

    @Test
    void aTableOfNothingButNamesIsThereToo() {
        assertThat(new TextTable("only").row("one").render(1)).isEqualTo("only\none\n");
    }

    @Test
    void longTextGoesOnBelowItselfBetweenWords() {
        String text = "raise the limit of open files: LimitNOFILE=65536";
        assertThat(Terminal.hanging(4, text, 30)).isEqualTo("raise the limit of open\n    files: LimitNOFILE=65536");
        assertThat(Terminal.hanging(4, text, Terminal.UNLIMITED)).isEqualTo(text);
    }

    @Test
    void eachLineOfATextIsBrokenByItself() {
        assertThat(Terminal.hanging(2, "cannot connect:\nthe port 20049 is taken", 22))
                .isEqualTo("cannot connect:\n  the port 20049 is\n  taken");
    }

    @Property
    void textIsOnlyBrokenAtBlanks(@ForAll @IntRange(max = 60) int columns) {
        String text = "for an RDMA device: 8388608 bytes, and /some/long/path/without/a/blank/in/it is locked";
        assertThat(Terminal.hanging(7, text, columns).replaceAll("\n {7}", " ")).isEqualTo(text);
    }

    @Test
    void testsHaveNoTerminal() {
        assertThat(Terminal.columns()).isEqualTo(Terminal.UNLIMITED);
    }

    @Test
    void whatIsPrintedForAFileHasNoTerminal() {
        assertThat(Terminal.isMeant()).isTrue();
        assertThat(Terminal.<Boolean>without(Terminal::isMeant)).isFalse();
        assertThat(Terminal.isMeant()).isTrue();
    }
}
