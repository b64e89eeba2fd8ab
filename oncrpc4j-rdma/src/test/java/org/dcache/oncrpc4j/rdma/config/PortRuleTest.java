// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PortRuleTest {

    @Test
    void samePort() {
        assertThat(PortRule.parse("same").rdmaPort(33115)).hasValue(33115);
    }

    @Test
    void onePortForAll() {
        assertThat(PortRule.parse("20049").rdmaPort(33115)).hasValue(20049);
        assertThat(PortRule.parse("0").one()).hasValue(0);
    }

    @Test
    void rulesAndNothingForOthers() {
        PortRule rule = PortRule.parse("2049>20049, 33115 - 33145 > +10000,50000-50010>-1000");
        assertThat(rule.rdmaPort(2049)).hasValue(20049);
        assertThat(rule.rdmaPort(33114)).isEmpty();
        assertThat(rule.rdmaPort(33115)).hasValue(43115);
        assertThat(rule.rdmaPort(33145)).hasValue(43145);
        assertThat(rule.rdmaPort(33146)).isEmpty();
        assertThat(rule.rdmaPort(50010)).hasValue(49010);
        assertThat(rule.covers(33120)).isTrue();
        assertThat(rule.covers(33146)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "on", "65536", "1>", ">1", "1>2>3", "1>2,1>3", "1>2,", "1>0", "-1", "2-1>+1", "1-2-3>+1", "1->+1", "1-2>3",
            "5>-5", "65000-65535>+1",
        "1>+", "1>++1", "0>1", "1-10>+1,10>11", "\u0661>2"})
    void whatIsNoRule(String text) {
        assertThatThrownBy(() -> PortRule.parse(text)).isInstanceOf(ConfigurationException.class);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "33115-33145>20049     | '33115-33145>20049' gives one port to several; a range takes an offset, such as >+10000",
        "1-10>+1,8-9>+1        | two rules name the TCP port 8",
        "60000-65000>+1000     | '60000-65000>+1000' leads out of the ports 1 to 65535",
        "2049>20049,33115      | '33115' is no rule such as 2049>20049 or 33115-33145>+10000",
        "33145-33115>+1        | '33145-33115' is no range of ports, its smaller number first",
        "nfs>20049             | 'nfs' is no port from 1 to 65535"})
    void theErrorSaysWhichPartIsWrong(String text, String reason) {
        assertThatExceptionOfType(ConfigurationException.class).isThrownBy(() -> Settings.PORT.parse(text))
                .withMessage("oncrpc.rdma.port=" + text + ": expected " + Settings.PORT.expected() + "; " + reason);
    }

    /** A rule as text, and what it means. */
    record Written(String text, int first, int last, int offset) {}

    @Provide
    Arbitrary<List<Written>> rules() {
        Arbitrary<Integer> ports = Arbitraries.integers().between(1000, 20_000);
        return Combinators.combine(ports, Arbitraries.integers().between(0, 50), Arbitraries.integers().between(-999, 40_000))
                .as((first, more, offset) ->
                more == 0 ? new Written(first + ">" + (first + offset), first, first, offset)
                        : new Written(first + "-" + (first + more) + ">" + (offset < 0 ? "" : "+") + offset, first, first + more, offset))
                        .list().ofMinSize(1).ofMaxSize(5);
    }

    @Property
    void everyPortGoesWhereItsRuleSays(@ForAll("rules") List<Written> rules, @ForAll @IntRange(min = 1, max = 65535) int other) {
        Map<Integer, Integer> expected = new TreeMap<>();
        boolean overlap = false;
        for (Written rule : rules) {
            for (int port = rule.first(); port <= rule.last(); port++) {
                overlap |= expected.put(port, port + rule.offset()) != null;
            }
        }
        String text = String.join(",", rules.stream().map(Written::text).toList());
        if (overlap) {
            assertThatThrownBy(() -> PortRule.parse(text)).isInstanceOf(ConfigurationException.class)
                    .hasMessageStartingWith("two rules name the TCP port ");
            return;
        }
        PortRule parsed = PortRule.parse(text);
        expected.forEach((tcp, rdma) -> assertThat(parsed.rdmaPort(tcp)).as("%s of %s", tcp, text).hasValue(rdma));
        assertThat(parsed.covers(other)).isEqualTo(expected.containsKey(other));
    }
}
