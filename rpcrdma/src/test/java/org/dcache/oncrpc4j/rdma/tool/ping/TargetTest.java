// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.ping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TargetTest {

    @ParameterizedTest
    @CsvSource({
        "nfs.example.org, nfs.example.org, 20049",
        "nfs.example.org:2049, nfs.example.org, 2049",
        "192.0.2.7:1, 192.0.2.7, 1",
        "[2001:db8::1]:65535, 2001:db8::1, 65535",
        "[2001:db8::1], 2001:db8::1, 20049",
        "2001:db8::1, 2001:db8::1, 20049",
        "::1, ::1, 20049",
        "fe80::1%eth0, fe80::1%eth0, 20049"
    })
    void hostAndPortAreFound(String text, String host, int port) {
        assertThat(Target.parse(text)).isEqualTo(new Target(host, port));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ":20049", "host:", "host:0", "host:65536", "host:http", "[::1", "[]:1", "host:1:2", "[::1]x"})
    void anythingElseIsRefused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> Target.parse(text)).withMessageContaining("expected HOST");
    }

    @Test
    void itsTextCanBeParsedAgain() {
        assertThat(Target.parse(new Target("::1", 7).toString())).isEqualTo(new Target("::1", 7));
        assertThat(Target.parse(new Target("a", 7).toString())).isEqualTo(new Target("a", 7));
    }
}
