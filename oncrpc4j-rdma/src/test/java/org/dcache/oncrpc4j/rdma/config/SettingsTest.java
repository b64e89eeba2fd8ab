// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What each kind of value takes and refuses. */
class SettingsTest {

    private static final Pattern RANGE = Pattern.compile("a number from (\\d+) to (\\d+)");

    static java.util.List<Setting<?>> numbers() {
        return Settings.all().stream().filter(s -> RANGE.matcher(s.expected()).matches()).toList();
    }

    @ParameterizedTest
    @MethodSource("numbers")
    @DisplayName("a number is taken at both ends of its range and refused beyond them, with the range in the message")
    void ranges(Setting<?> setting) {
        Matcher range = RANGE.matcher(setting.expected());
        assertThat(range.matches()).isTrue();
        long min = Long.parseLong(range.group(1));
        long max = Long.parseLong(range.group(2));

        assertThat(setting.parse("" + min)).isEqualTo((int) min);
        assertThat(setting.parse(" " + max + " ")).isEqualTo((int) max);
        refused(setting, "" + (min - 1));
        refused(setting, "" + (max + 1));
        refused(setting, "4294967297");
        refused(setting, "1.5");
        refused(setting, "0x10");
        refused(setting, "many");
    }

    @ParameterizedTest
    @CsvSource({"500ms,500", "10s,10000", "10,10000", "5m,300000", "1S,1000", "2147483647m,128849018820000"})
    void times(String text, long millis) {
        assertThat(Settings.KEEPALIVE.parse(text)).isEqualTo(millis);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "1h", "ms", "s", "1 day", "99999999999s", "1.5s"})
    void badTimes(String text) {
        refused(Settings.KEEPALIVE, text);
    }

    @Test
    @DisplayName("a time below its least is refused, and 0 only where it has a meaning")
    void leastTimes() {
        refused(Settings.HANDSHAKE_TIMEOUT, "99ms");
        refused(Settings.HANDSHAKE_TIMEOUT, "0");
        assertThat(Settings.HANDSHAKE_TIMEOUT.parse("100ms")).isEqualTo(100L);
        assertThat(Settings.IDLE_TIMEOUT.parse("0")).isZero();
    }

    @ParameterizedTest
    @CsvSource({"8m,8388608", "8388608,8388608", "8192k,8388608", "2G,2147483648", "1024M,1073741824"})
    void memory(String text, long bytes) {
        assertThat(Settings.MEMORY.parse(text)).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "7m", "0", "-8m", "8mb", "g", "9223372036854775807g", "half"})
    void badMemory(String text) {
        refused(Settings.MEMORY, text);
    }

    @ParameterizedTest
    @CsvSource({"tcp,TCP", "rdma,RDMA", "'tcp,rdma',TCP_AND_RDMA", "'rdma , tcp',TCP_AND_RDMA"})
    void transports(String text, Transport transport) {
        assertThat(Settings.TRANSPORT.parse(text)).isEqualTo(transport);
        assertThat(transport.usesRdma()).isEqualTo(transport != Transport.TCP);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "udp", "RDMA", "tcp,tcp", "rdma,", "tcp,rdma,tcp", "tcp rdma"})
    void badTransports(String text) {
        refused(Settings.TRANSPORT, text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "siw", "auto,iwarp", "iwarp,auto", "IWARP"})
    void badProviders(String text) {
        refused(Settings.PROVIDER, text);
    }

    @Test
    void providersKeepTheirOrder() {
        assertThat(Settings.PROVIDER.parse("iwarp, rdma-core")).containsExactly("iwarp", "rdma-core");
    }

    @ParameterizedTest
    @ValueSource(strings = {"2049", "2049>", ">20049", "2049>0", "2049>65536", "2049>1>2", "nfs>20049", "111>20049", "100-120>+1",
            "1>2,1>3"})
    void badPortMaps(String text) {
        refused(Settings.CONNECT, text);
    }

    @Test
    void portMapMayBeEmpty() {
        assertThat(Settings.CONNECT.parse("").covers(2049)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "192.0.2.1, 2001:db8::1", "::", "fe80::1%eth0", ""})
    void bindAddresses(String text) {
        assertThat(Settings.BIND.parse(text)).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "192.0.2", "192.0.2.256", "192.0.2.1,", "192.0.2.1:2049", "2001:db8::g", "1:2:3:4:5:6:7:8:9"})
    @DisplayName("an address to bind is given in figures, so that a typo is an error at once")
    void badBindAddresses(String text) {
        refused(Settings.BIND, text);
    }

    @Property
    void anyTextIsAValueOrAConfigurationException(@ForAll String text) {
        for (Setting<?> setting : Settings.all()) {
            try {
                setting.parse(text);
            } catch (ConfigurationException e) {
                assertThat(e).hasMessageStartingWith(setting.name() + "=").hasMessageContaining(": expected ");
            }
        }
    }

    private static void refused(Setting<?> setting, String text) {
        assertThatExceptionOfType(ConfigurationException.class).as(setting.name() + "=" + text).isThrownBy(() -> setting.parse(text))
                .withMessageStartingWith(setting.name() + "=" + text + ": expected " + setting.expected());
    }
}
