// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * {@code docs/conformance.md} names tests that are there. With {@code -Dconformance.write=true} it first writes the page's column of tests
 * anew from the tags in the sources.
 */
class ConformancePageTest {

    private static final int ITEMS = 113;
    private static final Pattern ROW = Pattern.compile("\\| (\\d+) \\| (.*) \\| (.*) \\| (.*) \\| (.*) \\|");
    private static final Pattern TEST = Pattern.compile("`([\\w.]+)`");
    private static final String NONE = "—";
    private static final String OPEN = "open";

    private static SortedMap<Integer, SortedSet<String>> tagged;
    private static Path page;

    @BeforeAll
    static void read() throws Exception {
        URI classes = ConformancePageTest.class.getProtectionDomain().getCodeSource().getLocation().toURI();
        Path root = Path.of(classes).resolve("../../..").normalize();
        page = root.resolve("docs/conformance.md");
        tagged = TaggedTests.in(root);
        if (Boolean.getBoolean("conformance.write")) {
            write();
        }
    }

    @Test
    @DisplayName("there is one row for each item, with tests or a remark that says why there are none")
    void everyItemHasARow() throws Exception {
        List<Integer> items = new ArrayList<>();
        for (Matcher row : rows()) {
            items.add(Integer.parseInt(row.group(1)));
            assertThat(row.group(3)).as("requirement of item " + row.group(1)).isNotBlank();
            assertThat(!row.group(4).equals(NONE) || !row.group(5).equals(NONE)).as("tests or remark of item " + row.group(1)).isTrue();
        }
        assertThat(items).isEqualTo(IntStream.rangeClosed(1, ITEMS).boxed().toList());
    }

    @Test
    @DisplayName("every test that is named is there and carries the item's number")
    void everyTestIsThere() throws Exception {
        int named = 0;
        for (Matcher row : rows()) {
            int item = Integer.parseInt(row.group(1));
            Matcher test = TEST.matcher(row.group(4));
            while (test.find()) {
                named++;
                assertThat(tagged.getOrDefault(item, new TreeSet<>())).as("tests with the tag conformance-" + item).contains(test.group(1));
            }
        }
        assertThat(named).isGreaterThan(ITEMS / 2);
    }

    @Test
    @DisplayName("every tag in the sources is the number of an item")
    void everyTagIsAnItem() {
        assertThat(tagged.keySet()).allMatch(item -> item >= 1 && item <= ITEMS);
    }

    private static List<Matcher> rows() throws Exception {
        return Files.readAllLines(page).stream().map(ROW::matcher).filter(Matcher::matches).collect(Collectors.toList());
    }

    /** Keeps remarks, but for {@code open}, which comes and goes with the tests. */
    private static void write() throws Exception {
        SortedMap<Integer, String> missing = new TreeMap<>();
        List<String> lines = new ArrayList<>();
        for (String line : Files.readAllLines(page)) {
            Matcher row = ROW.matcher(line);
            if (!row.matches()) {
                lines.add(line);
                continue;
            }
            int item = Integer.parseInt(row.group(1));
            SortedSet<String> tests = tagged.getOrDefault(item, new TreeSet<>());
            String remark = row.group(5);
            if (tests.isEmpty()) {
                missing.put(item, remark);
                remark = remark.equals(NONE) ? OPEN : remark;
            } else if (remark.equals(OPEN)) {
                remark = NONE;
            }
            String names = tests.isEmpty() ? NONE : tests.stream().map(t -> "`" + t + "`").collect(Collectors.joining(", "));
            lines.add("| " + item + " | " + row.group(2) + " | " + row.group(3) + " | " + names + " | " + remark + " |");
        }
        Files.write(page, lines);
        System.out.println("items without a test: " + missing);
    }
}
