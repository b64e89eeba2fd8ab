// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code docs/configuration.md} says of each setting what the code says. */
class ConfigurationDocTest {

    /** Setting name to the cells of its line: name, default, range, meaning, Linux. */
    private static final Map<String, String[]> LINES = new LinkedHashMap<>();

    @BeforeAll
    static void read() throws Exception {
        URI classes = ConfigurationDocTest.class.getProtectionDomain().getCodeSource().getLocation().toURI();
        // The module's target/test-classes; the page is in the folder above the module.
        Path doc = Path.of(classes).resolve("../../../docs/configuration.md").normalize();
        for (String line : Files.readAllLines(doc)) {
            if (line.startsWith("| `oncrpc.")) {
                String[] cells = line.substring(1, line.length() - 1).split("\\|", -1);
                for (int i = 0; i < cells.length; i++) {
                    cells[i] = cells[i].strip();
                }
                String name = cells[0].replace("`", "");
                assertThat(LINES.put(name, cells)).as("second line of " + name).isNull();
            }
        }
    }

    static Iterable<Setting<?>> settings() {
        return Settings.all();
    }

    @ParameterizedTest
    @MethodSource("settings")
    @DisplayName("each setting has a line with its default and range, a meaning and the Linux knob")
    void everySettingIsDescribed(Setting<?> setting) {
        String[] cells = LINES.get(setting.name());

        assertThat(cells).as("line of " + setting.name()).hasSize(5).doesNotContain("");
        assertThat(cells[1]).isEqualTo(setting.text().isEmpty() ? "*(empty)*" : "`" + setting.text() + "`");
        assertThat(cells[2]).isEqualTo(setting.expected());
    }

    @Test
    @DisplayName("no line describes a setting that is not there")
    void nothingElseIsDescribed() {
        assertThat(LINES.keySet()).isEqualTo(Settings.all().stream().map(Setting::name).collect(java.util.stream.Collectors.toSet()));
    }
}
