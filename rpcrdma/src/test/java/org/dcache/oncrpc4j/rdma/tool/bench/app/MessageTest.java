// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class MessageTest {

    @Provide
    Arbitrary<String> text() {
        return Arbitraries.strings().ofMaxLength(60).excludeChars('\uD800')
                .filter(s -> s.chars().noneMatch(c -> Character.isSurrogate((char) c)));
    }

    @Property
    void anyValueSurvivesTheLine(@ForAll("text") String value, @ForAll long number) {
        Message sent = Message.of("run", "cause", value, "n", number);
        assertThat(sent.line()).doesNotContain("\n").doesNotContain("\r");
        assertThat(Message.parse(sent.line())).isEqualTo(sent);
    }

    @Test
    void aMissingValueIsNamed() {
        assertThatThrownBy(() -> Message.of("run", "a", 1).number("depth"))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("depth");
    }

    @Test
    void aWordWithoutNameIsRefused() {
        assertThatThrownBy(() -> Message.parse("run =5")).isInstanceOf(IllegalArgumentException.class);
    }
}
