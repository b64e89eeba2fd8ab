// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.config.Settings;
import org.dcache.oncrpc4j.rdma.verbs.VerbsProvider;
import org.dcache.oncrpc4j.rdma.xprt.link.DevicePool;
import org.junit.jupiter.api.Test;

/**
 * The table of abilities in {@code docs/providers.md} says what the providers say of themselves, where they can be asked without a device.
 */
class ProvidersDocTest {

    /** First cell to the cells behind it, of the table under "Abilities". */
    private static Map<String, List<String>> table() throws Exception {
        URI classes = ProvidersDocTest.class.getProtectionDomain().getCodeSource().getLocation().toURI();
        Path doc = Path.of(classes).resolve("../../../docs/providers.md").normalize();
        Map<String, List<String>> rows = new LinkedHashMap<>();
        boolean inside = false;
        for (String line : Files.readAllLines(doc)) {
            inside = line.startsWith("## ") ? line.equals("## Abilities") : inside;
            if (inside && line.startsWith("|") && !line.startsWith("|---")) {
                List<String> cells = new ArrayList<>();
                for (String cell : line.substring(1, line.length() - 1).split("\\|", -1)) {
                    cells.add(cell.strip());
                }
                rows.put(cells.get(0), cells.subList(1, cells.size()));
            }
        }
        return rows;
    }

    @Test
    void theTableOfAbilitiesIsTheProvidersOwn() throws Exception {
        Map<String, List<String>> rows = table();
        List<String> names = rows.remove("");
        assertThat(names).isEqualTo(Settings.PROVIDER_NAMES);
        assertThat(rows.keySet()).containsExactlyElementsOf(Abilities.lines().stream().map(Abilities.Line::label).toList());
        List<String> asked = new ArrayList<>();
        for (VerbsProvider provider : DevicePool.installed()) {
            provider.abilities().ifPresent(abilities -> {
                asked.add(provider.name());
                for (Abilities.Line line : Abilities.lines()) {
                    assertThat(rows.get(line.label()).get(names.indexOf(provider.name()))).as("%s of %s", line.label(), provider.name())
                            .isEqualTo(line.value().apply(abilities));
                }
            });
        }
        assertThat(asked).contains("disni", "iwarp");
    }
}
