// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.List;
import java.util.Map;
import java.util.Properties;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigurationTest {

    @Test
    @DisplayName("every default is a legal value of its own setting and says so as its origin")
    void defaultsAreLegal() {
        Configuration configuration = Configuration.of(Map.of());

        for (Setting<?> setting : Settings.all()) {
            assertThat(configuration.origin(setting)).isEqualTo("default");
            assertThat(configuration.text(setting)).isEqualTo(setting.text());
        }
        assertThat(configuration.get(Settings.TRANSPORT)).isEqualTo(Transport.TCP);
        assertThat(configuration.get(Settings.PROVIDER)).containsExactly("auto");
        assertThat(configuration.get(Settings.CONNECT).rdmaPort(2049)).hasValue(20049);
        assertThat(configuration.get(Settings.PORT).isSame()).isTrue();
        assertThat(configuration.get(Settings.MEMORY)).isNull();
        assertThat(configuration.get(Settings.ALLOW)).isEmpty();
        assertThat(configuration.get(Settings.BIND)).isEmpty();
    }

    @Test
    @DisplayName("agent arguments beat system properties, those beat defaults, and each value knows where it is from")
    void origins() {
        Properties properties = properties("oncrpc.transport", "rdma", "oncrpc.rdma.credits", "64", "java.home", "/");

        Configuration configuration = Configuration.load(properties, "rdma.credits=32");

        assertThat(configuration.get(Settings.CREDITS)).isEqualTo(32);
        assertThat(configuration.origin(Settings.CREDITS)).isEqualTo("agent argument");
        assertThat(configuration.get(Settings.TRANSPORT)).isEqualTo(Transport.RDMA);
        assertThat(configuration.origin(Settings.TRANSPORT)).isEqualTo("system property");
        assertThat(configuration.origin(Settings.INLINE)).isEqualTo("default");
        assertThat(Configuration.of(Map.of("oncrpc.rdma.inline", "8192")).origin(Settings.INLINE)).isEqualTo("given");
    }

    @Test
    @DisplayName("commas inside an agent argument's value belong to the value")
    void commasInAgentArguments() {
        Configuration configuration = Configuration.load(new Properties(),
                "transport=tcp,rdma, rdma.port=20049 ,rdma.bind=192.0.2.1,::1,oncrpc.rdma.connect=2049>20049,3049>30049");

        assertThat(configuration.get(Settings.TRANSPORT)).isEqualTo(Transport.TCP_AND_RDMA);
        assertThat(configuration.get(Settings.PORT).one()).hasValue(20049);
        assertThat(configuration.get(Settings.BIND)).containsExactly("192.0.2.1", "::1");
        assertThat(configuration.get(Settings.CONNECT).rdmaPort(2049)).hasValue(20049);
        assertThat(configuration.get(Settings.CONNECT).rdmaPort(3049)).hasValue(30049);
        assertThat(configuration.text(Settings.TRANSPORT)).isEqualTo("tcp,rdma");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "  "})
    void emptyAgentArgumentsAreNone(String arguments) {
        assertThat(Configuration.load(new Properties(), arguments).get(Settings.TRANSPORT)).isEqualTo(Transport.TCP);
        assertThat(Configuration.load(new Properties(), null).get(Settings.TRANSPORT)).isEqualTo(Transport.TCP);
    }

    @ParameterizedTest
    @CsvSource({
        "oncrpc.rdma.credit, oncrpc.rdma.credits",
        "oncrpc.rdma.inlin, oncrpc.rdma.inline",
        "oncrpc.rdma.keep-alive, oncrpc.rdma.keepalive",
        "oncrpc.rdma.iwarp.mulpdo, oncrpc.rdma.iwarp.mulpdu",
        "oncrpc.rdma.IDLE-TIMEOUT, oncrpc.rdma.idle-timeout",
        "oncrpc.rdma.port., oncrpc.rdma.port",
        "oncrpc.transprot, oncrpc.transport",
        "oncrpc.Transport, oncrpc.transport"
    })
    @DisplayName("a typo in a system property's name is an error that names the nearest setting")
    void typoInProperty(String typo, String meant) {
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> Configuration.load(properties(typo, "1"), null))
                .withMessage("unknown setting " + typo + " (system property); did you mean " + meant + "?");
    }

    @ParameterizedTest
    @CsvSource({"port=1, oncrpc.rdma.port", "rdma.credit=1, oncrpc.rdma.credits", "trasport=rdma, oncrpc.transport"})
    @DisplayName("any unknown name in the agent arguments is an error")
    void typoInAgentArgument(String arguments, String meant) {
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> Configuration.load(new Properties(), arguments))
                .withMessageContaining("did you mean " + meant + "?");
    }

    @ParameterizedTest
    @ValueSource(strings = {"rdma", "rdma,transport=rdma", ",transport=rdma"})
    void agentArgumentWithoutNameIsAnError(String arguments) {
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> Configuration.load(new Properties(), arguments)).withMessageContaining("expected name=value");
    }

    @Test
    void agentArgumentGivenTwiceIsAnError() {
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> Configuration.load(new Properties(), "rdma.credits=1,transport=rdma,oncrpc.rdma.credits=2"))
                .withMessageContaining("given twice");
    }

    @Test
    @DisplayName("an application's own oncrpc. properties are left alone")
    void foreignProperties() {
        Configuration configuration = Configuration.load(properties("oncrpc.threads", "7", "oncrpcx.rdma.q", "1"), "transport=rdma");

        assertThat(configuration.get(Settings.TRANSPORT)).isEqualTo(Transport.RDMA);
    }

    @Test
    @DisplayName("a service's own port goes before the common one, and a bad one is named in full")
    void servicePorts() {
        Configuration configuration = Configuration.of(Map.of("oncrpc.rdma.port", "20049", "oncrpc.rdma.port.my.svc", "20050"));

        assertThat(configuration.portOf("my.svc").one()).hasValue(20050);
        assertThat(configuration.portOf("other").one()).hasValue(20049);
        assertThat(configuration.portSettingOf("my.svc")).isEqualTo("oncrpc.rdma.port.my.svc=20050");
        assertThat(configuration.portSettingOf("other")).isEqualTo("oncrpc.rdma.port=20049");
        assertThat(configuration.servicePorts()).isEqualTo(Map.of("my.svc", "20050"));
        assertThat(Configuration.of(Map.of()).portOf("my.svc").isSame()).isTrue();
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> Configuration.of(Map.of("oncrpc.rdma.port.my.svc", "65536")))
                .withMessage("oncrpc.rdma.port.my.svc=65536: expected same, a port, or rules such as 2049>20049,33115-33145>+10000; "
                        + "'65536' is no port from 0 to 65535");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1025", "4000", "65535"})
    void inlineThatPrivateDataCannotExpressIsAnError(String inline) {
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> Configuration.of(Map.of("oncrpc.rdma.inline", inline)))
                .withMessageContaining("oncrpc.rdma.inline=" + inline).withMessageContaining("multiple of 1024");
    }

    @Test
    @DisplayName("names are distinct and every setting says what it means and what it expects")
    void settingsDescribeThemselves() {
        assertThat(Settings.all()).extracting(Setting::name).doesNotHaveDuplicates().allMatch(n -> n.startsWith("oncrpc."));
        assertThat(Settings.all()).allMatch(s -> !s.meaning().isBlank() && !s.expected().isBlank());
        assertThat(List.copyOf(Settings.all())).hasSizeGreaterThan(20);
    }

    @Property
    void anyAgentArgumentsAreSettingsOrAConfigurationException(@ForAll("arguments") String arguments) {
        try {
            assertThat(Configuration.load(new Properties(), arguments).get(Settings.TRANSPORT)).isNotNull();
        } catch (ConfigurationException e) {
            assertThat(e.getMessage()).isNotBlank();
        }
    }

    @Provide
    Arbitrary<String> arguments() {
        Arbitrary<String> names = Arbitraries.of(Settings.all()).map(s -> s.name().substring("oncrpc.".length()));
        Arbitrary<String> values = Arbitraries.oneOf(Arbitraries.of(Settings.all()).map(Setting::text),
                Arbitraries.strings().ofMaxLength(8));
        Arbitrary<String> pairs = Combinators.combine(names, values).as((name, value) -> name + "=" + value);
        return Arbitraries.oneOf(pairs, Arbitraries.strings().ofMaxLength(12)).list().ofMaxSize(6).map(words -> String.join(",", words));
    }

    private static Properties properties(String... namesAndValues) {
        Properties properties = new Properties();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            properties.setProperty(namesAndValues[i], namesAndValues[i + 1]);
        }
        return properties;
    }
}
