// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench.app;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One line between the command and its children: a verb and named values, {@code run operation=read size=4096}. Values are percent-encoded,
 * so that a line is always one line.
 */
public record Message(String verb, Map<String, String> fields) {

    /** Prefix of a child's lines, to tell them from output of libraries. */
    public static final String MARK = "@bench ";

    public static Message of(String verb, Object... namesAndValues) {
        Map<String, String> fields = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            fields.put(namesAndValues[i].toString(), namesAndValues[i + 1].toString());
        }
        return new Message(verb, fields);
    }

    /** @throws IllegalArgumentException when it is not a line that {@link #line} made */
    public static Message parse(String line) {
        String[] words = line.strip().split(" +");
        Map<String, String> fields = new LinkedHashMap<>();
        for (int i = 1; i < words.length; i++) {
            int equals = words[i].indexOf('=');
            if (equals <= 0) {
                throw new IllegalArgumentException("expected name=value, got '" + words[i] + "'");
            }
            fields.put(words[i].substring(0, equals), URLDecoder.decode(words[i].substring(equals + 1), StandardCharsets.UTF_8));
        }
        return new Message(words[0], fields);
    }

    public String line() {
        StringBuilder line = new StringBuilder(verb);
        fields.forEach((name, value) ->
                line.append(' ').append(name).append('=').append(URLEncoder.encode(value, StandardCharsets.UTF_8)));
        return line.toString();
    }

    /** @throws IllegalArgumentException when it is missing */
    public String text(String name) {
        String value = fields.get(name);
        if (value == null) {
            throw new IllegalArgumentException("expected a field " + name + " of '" + verb + "', got " + fields.keySet());
        }
        return value;
    }

    public long number(String name) {
        return Long.parseLong(text(name));
    }

    public int integer(String name) {
        return Integer.parseInt(text(name));
    }
}
