// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.planted;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads the checked-in list, {@code planted-bugs.txt}: entries apart by empty lines, each of the lines {@code bug:}, {@code what:}, {@code
 * file:}, {@code test:}, where wanted {@code hangs: yes}, then the old text with {@code "- "} before each of its lines and the new text
 * with {@code "+ "}. Lines with {@code #} are comments.
 */
final class PlantedBugList {

    private static final String RESOURCE = "planted-bugs.txt";
    private static final Set<String> KEYS = Set.of("bug", "what", "file", "test", "hangs");

    private final Map<String, String> fields = new LinkedHashMap<>();
    private final List<String> before = new ArrayList<>();
    private final List<String> after = new ArrayList<>();

    private PlantedBugList() {}

    static List<PlantedBug> read() throws IOException {
        List<PlantedBug> bugs = new ArrayList<>();
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(
                PlantedBugList.class.getResourceAsStream(RESOURCE), StandardCharsets.UTF_8))) {
            PlantedBugList entry = new PlantedBugList();
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                if (!line.isBlank()) {
                    entry.line(line);
                } else if (!entry.fields.isEmpty()) {
                    bugs.add(entry.bug());
                    entry = new PlantedBugList();
                }
            }
            if (!entry.fields.isEmpty()) {
                bugs.add(entry.bug());
            }
        }
        return bugs;
    }

    private void line(String line) {
        if (line.startsWith("- ") || line.equals("-")) {
            before.add(line.substring(Math.min(2, line.length())));
        } else if (line.startsWith("+ ") || line.equals("+")) {
            after.add(line.substring(Math.min(2, line.length())));
        } else if (!line.startsWith("#")) {
            int colon = line.indexOf(": ");
            if (colon < 0 || !KEYS.contains(line.substring(0, colon))) {
                throw new IllegalStateException("expected one of " + KEYS + " and a colon in " + RESOURCE + ", got: " + line);
            }
            fields.put(line.substring(0, colon), line.substring(colon + 2));
        }
    }

    private PlantedBug bug() {
        return new PlantedBug(field("bug"), field("what"), field("file"), field("test"), "yes".equals(fields.get("hangs")),
                String.join("\n", before), String.join("\n", after));
    }

    private String field(String key) {
        String value = fields.get(key);
        if (value == null || before.isEmpty() || after.isEmpty()) {
            throw new IllegalStateException("an entry of " + RESOURCE + " without " + (value == null ? key : "old or new text") + ": "
                    + fields);
        }
        return value;
    }
}
