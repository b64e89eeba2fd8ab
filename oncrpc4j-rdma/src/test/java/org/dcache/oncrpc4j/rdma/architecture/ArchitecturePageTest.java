// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code docs/architecture.md} leads to classes that are there. */
class ArchitecturePageTest {

    private static final Pattern NAME = Pattern.compile("`([A-Z][A-Za-z0-9]*)`");

    private static Set<String> classes(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(f -> f.toString().contains("/src/main/java")).map(f -> f.getFileName().toString())
                    .filter(f -> f.endsWith(".java"))
                    .map(f -> f.substring(0, f.length() - ".java".length())).collect(Collectors.toSet());
        }
    }

    @Test
    void theLastColumnOfItsTablesNamesClassesThatAreThere() throws IOException {
        Path project = Path.of("..").toAbsolutePath().normalize();
        Set<String> classes = classes(project.resolve("oncrpc4j-rdma"));
        classes.addAll(classes(project.resolve("nfs4j-integration")));
        Set<String> named = new TreeSet<>();
        List<String> rows = Files.readAllLines(project.resolve("docs/architecture.md")).stream().filter(line -> line.startsWith("| "))
                .toList();
        for (String row : rows) {
            String[] cells = row.split("\\|");
            Matcher name = NAME.matcher(cells[cells.length - 1]);
            while (name.find()) {
                named.add(name.group(1));
            }
        }
        assertThat(named).hasSizeGreaterThan(60);
        assertThat(named).isSubsetOf(classes);
    }
}
