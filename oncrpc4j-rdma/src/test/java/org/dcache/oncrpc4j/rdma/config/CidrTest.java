// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CidrTest {

    @ParameterizedTest
    @CsvSource({
        "192.0.2.0/24, 192.0.2.255, true",
        "192.0.2.0/24, 192.0.3.0, false",
        "192.0.2.77/24, 192.0.2.1, true",
        "10.0.0.0/9, 10.127.0.1, true",
        "10.0.0.0/9, 10.128.0.1, false",
        "192.0.2.1, 192.0.2.1, true",
        "192.0.2.1, 192.0.2.2, false",
        "192.0.2.1/32, 192.0.2.0, false",
        "0.0.0.0/0, 203.0.113.9, true",
        "0.0.0.0/0, ::1, false",
        "::/0, 203.0.113.9, false",
        "2001:db8::/32, 2001:db8:ffff::1, true",
        "2001:db8::/32, 2001:db9::1, false",
        "::1, ::1, true",
        "2001:db8::/127, 2001:db8::1, true",
        "2001:db8::/127, 2001:db8::2, false",
        "192.0.2.0/24, ::ffff:192.0.2.9, true"
    })
    void contains(String block, String address, boolean expected) throws Exception {
        assertThat(Cidr.parse(block).contains(InetAddress.getByName(address))).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", "/", "/8", "10/8", "10.1/16", "10.1.2/24", "10.1.2.3.4", "256.0.0.0/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/x",
        "::/129", "::g", "1:2:3:4:5:6:7:8:9", "localhost", "[::1]", "10.0.0.0/8/8", "-1.0.0.0", "0x0a.0.0.0", "fe80::1%eth0", ":"
    })
    @DisplayName("what is not an address in full is refused, above all the short forms that the JDK reads otherwise")
    void bad(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> Cidr.parse(text));
    }

    @Test
    void listsAreSplitAtCommas() {
        List<Cidr> blocks = Settings.ALLOW.parse("192.0.2.0/24 , ::1");
        assertThat(blocks).hasSize(2);
        assertThat(blocks.get(0).bits()).isEqualTo(24);
        assertThat(blocks.get(1).bits()).isEqualTo(128);
    }
}
