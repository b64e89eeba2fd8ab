// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PortRuleTest {

    @Test
    void samePort() {
        assertThat(PortRule.parse("same").rdmaPort(33115)).isEqualTo(33115);
    }

    @Test
    void onePortForAll() {
        assertThat(PortRule.parse("20049").rdmaPort(33115)).isEqualTo(20049);
    }

    @Test
    void pairsAndNothingForOthers() {
        PortRule rule = PortRule.parse("2049>20049, 33115>33116");
        assertThat(rule.rdmaPort(2049)).isEqualTo(20049);
        assertThat(rule.rdmaPort(33115)).isEqualTo(33116);
        assertThat(rule.rdmaPort(33117)).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "on", "0", "65536", "1>", ">1", "1>2>3", "1>2,1>3", "1>2,", "1>0", "-1"})
    void whatIsNoRule(String text) {
        assertThatThrownBy(() -> PortRule.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }
}
