// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.architecture;

import java.io.IOException;
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
import java.util.stream.Stream;

/**
 * Which tests carry {@code @Tag("conformance-N")}, read from the sources of all modules: their classes are not on one class path. A tag
 * counts for the next method, or for the class when that comes first.
 */
final class TaggedTests {

    private static final Pattern TAG = Pattern.compile("@(?:[\\w.]+\\.)?Tag\\(\"conformance-(\\d+)\"\\)");
    private static final Pattern TARGET = Pattern.compile("^\\s*(?:\\w+\\s+)*(?:class\\s+(\\w+)|void\\s+(\\w+)\\s*\\()");

    private TaggedTests() {}

    /** Item to its tests, as {@code Class.method} or {@code Class}. */
    static SortedMap<Integer, SortedSet<String>> in(Path root) throws IOException {
        SortedMap<Integer, SortedSet<String>> items = new TreeMap<>();
        for (Path module : modules(root)) {
            try (Stream<Path> files = Files.walk(module)) {
                for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
                    read(file, items);
                }
            }
        }
        return items;
    }

    private static List<Path> modules(Path root) throws IOException {
        try (Stream<Path> folders = Files.list(root)) {
            return folders.map(f -> f.resolve("src/test/java")).filter(Files::isDirectory).toList();
        }
    }

    private static void read(Path file, SortedMap<Integer, SortedSet<String>> items) throws IOException {
        String name = file.getFileName().toString().replace(".java", "");
        List<Integer> pending = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            Matcher tag = TAG.matcher(line);
            while (tag.find()) {
                pending.add(Integer.parseInt(tag.group(1)));
            }
            Matcher target = TARGET.matcher(line);
            if (target.find()) {
                String test = target.group(1) != null ? name : name + "." + target.group(2);
                pending.forEach(item -> items.computeIfAbsent(item, i -> new TreeSet<>()).add(test));
                pending.clear();
            }
        }
        if (!pending.isEmpty()) {
            throw new IllegalStateException(file + ": the tags " + pending + " belong to no method");
        }
    }
}
