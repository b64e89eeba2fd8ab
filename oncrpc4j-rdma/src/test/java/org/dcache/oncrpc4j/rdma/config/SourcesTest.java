// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Agent arguments, system properties, environment and file: which wins, and what is said of it. */
class SourcesTest {

    @TempDir
    Path folder;

    private Path jar;
    private Path beside;
    private final Properties properties = new Properties();

    @BeforeEach
    void paths() {
        jar = folder.resolve("agent.jar");
        beside = folder.resolve("oncrpc4j-rdma.properties");
    }

    private Configuration load(Map<String, String> environment, String words) {
        return Configuration.load(properties, environment, jar, words, "agent argument");
    }

    private static void refused(ThrowingCallable load, String message) {
        assertThatExceptionOfType(ConfigurationException.class).isThrownBy(load).withMessage(message);
    }

    @Test
    @DisplayName("agent arguments, system properties, environment, file, default: the first that has a value wins and is its origin")
    void precedence() throws IOException {
        Files.writeString(beside, "oncrpc.rdma.credits=5\noncrpc.rdma.inline=5120\noncrpc.rdma.loops=5\noncrpc.rdma.tos=5\n");
        Map<String, String> environment =
                Map.of("ONCRPC_RDMA_CREDITS", "4", "ONCRPC_RDMA_INLINE", "4096", "ONCRPC_RDMA_LOOPS", "4", "PATH", "/bin");
        properties.setProperty("oncrpc.rdma.credits", "3");
        properties.setProperty("oncrpc.rdma.inline", "3072");

        Configuration configuration = load(environment, "rdma.credits=2");

        assertThat(configuration.get(Settings.CREDITS)).isEqualTo(2);
        assertThat(configuration.origin(Settings.CREDITS)).isEqualTo("agent argument");
        assertThat(configuration.get(Settings.INLINE)).isEqualTo(3072);
        assertThat(configuration.origin(Settings.INLINE)).isEqualTo("system property");
        assertThat(configuration.get(Settings.LOOPS)).isEqualTo(4);
        assertThat(configuration.origin(Settings.LOOPS)).isEqualTo("environment ONCRPC_RDMA_LOOPS");
        assertThat(configuration.get(Settings.TOS)).isEqualTo(5);
        assertThat(configuration.origin(Settings.TOS)).isEqualTo("file " + beside);
        assertThat(configuration.text(Settings.CONFIG)).isEqualTo(beside.toString());
        assertThat(configuration.origin(Settings.CONFIG)).isEqualTo("found beside the agent jar");
        assertThat(configuration.origin(Settings.HANDSHAKES)).isEqualTo("default");
    }

    @Test
    @DisplayName("every setting has a variable of its own, in capitals with underscores")
    void everySettingHasAVariable() {
        assertThat(Settings.all()).extracting(Setting::variable).doesNotHaveDuplicates().allMatch(v -> v.matches("ONCRPC_[A-Z0-9_]+"));
        assertThat(Settings.RDMA_CORE_SPIN.variable()).isEqualTo("ONCRPC_RDMA_RDMA_CORE_SPIN");
        Settings.all().stream().filter(s -> !s.text().isEmpty()).forEach(s -> assertThat(
                load(Map.of(s.variable(), s.text()), "").origin(s)).isEqualTo("environment " + s.variable()));
    }

    @ParameterizedTest
    @CsvSource({
        "ONCRPC_RDMA_CREDIT, ONCRPC_RDMA_CREDITS",
        "ONCRPC_RDMA_KEEP_ALIVE, ONCRPC_RDMA_KEEPALIVE",
        "oncrpc_rdma_port, ONCRPC_RDMA_PORT",
        "ONCRPC_TRANSPROT, ONCRPC_TRANSPORT"
    })
    @DisplayName("a typo in a variable's name is an error that names the nearest")
    void typoInVariable(String typo, String meant) {
        refused(() -> load(Map.of(typo, "1"), ""), "unknown setting " + typo + " (environment); did you mean " + meant + "?");
    }

    @Test
    void otherVariablesOfTheApplicationAreLeftAlone() {
        assertThat(load(Map.of("ONCRPC_HOME", "/opt", "ONCRPC", "1"), "").given()).isEmpty();
    }

    @Test
    @DisplayName("an empty variable is as none")
    void emptyVariable() {
        assertThat(load(Map.of("ONCRPC_TRANSPORT", "", "ONCRPC_RDMA_CREDITS", " "), "").given()).isEmpty();
    }

    @Test
    @DisplayName("the port of one service cannot be given in the environment, and the message says where it can")
    void portOfAServiceInTheEnvironment() {
        refused(() -> load(Map.of("ONCRPC_RDMA_PORT_NFS", "20049"), ""), "unknown setting ONCRPC_RDMA_PORT_NFS (environment); the port of "
                + "one service cannot be given there, take the system property oncrpc.rdma.port.<service name> or a file");
    }

    @Test
    @DisplayName("a wrong value is said with where it is from")
    void wrongValues() throws IOException {
        String wrong = "oncrpc.rdma.credits=0 (%s): expected a number from 1 to 16384";
        refused(() -> load(Map.of(), "rdma.credits=0"), wrong.formatted("agent argument"));
        refused(() -> load(Map.of("ONCRPC_RDMA_CREDITS", "0"), ""), wrong.formatted("environment ONCRPC_RDMA_CREDITS"));
        Files.writeString(beside, "rdma.credits=0");
        refused(() -> load(Map.of(), ""), wrong.formatted("file " + beside));
        properties.setProperty("oncrpc.rdma.credits", "0");
        refused(() -> load(Map.of(), ""), wrong.formatted("system property"));
    }

    @ParameterizedTest
    @CsvSource({"argument, 2", "property, 3", "variable, 4"})
    @DisplayName("a file that is named anywhere is read instead of the one beside the jar")
    void namedFile(String where, int credits) throws IOException {
        Files.writeString(beside, "oncrpc.rdma.tos=1");
        Path named = Files.writeString(folder.resolve("named"), "oncrpc.rdma.credits = " + credits + " \noncrpc.rdma.port.my.Svc: 20050\n");
        if (where.equals("property")) {
            properties.setProperty("oncrpc.rdma.config", named.toString());
        }

        Configuration configuration = load(where.equals("variable") ? Map.of("ONCRPC_RDMA_CONFIG", named.toString()) : Map.of(),
                where.equals("argument") ? "rdma.config=" + named : "");

        assertThat(configuration.get(Settings.CREDITS)).isEqualTo(credits);
        assertThat(configuration.portOf("my.Svc").one()).hasValue(20050);
        assertThat(configuration.servicePortOrigin("my.Svc")).isEqualTo("file " + named);
        assertThat(configuration.origin(Settings.TOS)).isEqualTo("default");
    }

    @Test
    @DisplayName("in a file every name must be a setting, once, and none names another file")
    void wrongNamesInAFile() throws IOException {
        Files.writeString(beside, "oncrpc.threads=7");
        refused(() -> load(Map.of(), ""), "unknown setting oncrpc.threads (file " + beside + "); did you mean oncrpc.rdma.credits?");
        Files.writeString(beside, "rdma.credits=7\noncrpc.rdma.credits=8");
        refused(() -> load(Map.of(), ""), "oncrpc.rdma.credits is given twice (file " + beside + ")");
        Files.writeString(beside, "rdma.config=/etc/other");
        refused(() -> load(Map.of(), ""), "oncrpc.rdma.config (file " + beside + "): a file cannot name another");
    }

    @Test
    @DisplayName("a file that is named must be there, and one that is there must be readable")
    void unreadableFiles() throws IOException {
        Path none = folder.resolve("none");
        refused(() -> load(Map.of("ONCRPC_RDMA_CONFIG", none.toString()), ""), "oncrpc.rdma.config=" + none
                + " (environment ONCRPC_RDMA_CONFIG): expected a file of settings that can be read; "
                + "java.nio.file.NoSuchFileException: " + none);
        Files.write(beside, "oncrpc.rdma.bind=é".getBytes(StandardCharsets.ISO_8859_1));
        assertThatExceptionOfType(ConfigurationException.class).isThrownBy(() -> load(Map.of(), ""))
                .withMessageStartingWith(beside + ", beside the agent jar: expected a file of settings that can be read; ");
        Files.writeString(beside, "oncrpc.rdma.credits=\\u00");
        assertThatExceptionOfType(ConfigurationException.class).isThrownBy(() -> load(Map.of(), "")).withMessageContaining("beside");
    }

    @Test
    @DisplayName("what was given makes the same configuration again, wherever it came from")
    void givenAgain() throws IOException {
        Files.writeString(beside, "oncrpc.transport=tcp,rdma\noncrpc.rdma.port.my.svc=20050\n");
        properties.setProperty("oncrpc.threads", "7");

        Map<String, String> given = load(Map.of("ONCRPC_RDMA_CREDITS", "4"), "rdma.inline=8192").given();

        assertThat(given).isEqualTo(Map.of("oncrpc.transport", "tcp,rdma", "oncrpc.rdma.port.my.svc", "20050", "oncrpc.rdma.credits", "4",
                "oncrpc.rdma.inline", "8192", "oncrpc.rdma.config", beside.toString()));
        assertThat(Configuration.of(given).given()).isEqualTo(given);
    }

    @ParameterizedTest
    @CsvSource({"true, true", "on, true", "false, false", "off, false"})
    void theMasterSwitch(String text, boolean enabled) {
        assertThat(load(Map.of("ONCRPC_RDMA_ENABLED", text), "").get(Settings.ENABLED)).isEqualTo(enabled);
    }
}
