// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.check;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.dcache.oncrpc4j.rdma.tool.Colour;
import org.dcache.oncrpc4j.rdma.tool.Terminal;

/**
 * One line of a check.
 *
 * @param level whether somebody has to do something
 * @param subject what was looked at
 * @param text what was found and, unless all is right, what to do
 * @param values the same for programs, which do not read text; names as in docs/tool.md
 */
record Finding(Level level, String subject, String text, Map<String, ?> values) {

    /** Where the text begins. */
    private static final int TEXT_AT = 26;

    /** RIGHT needs nothing, NOTE may matter, WRONG makes the check fail. */
    enum Level {
        RIGHT("ok", Colour.GREEN), NOTE("note", Colour.YELLOW), WRONG("wrong", Colour.RED);

        private final String word;
        private final Colour colour;

        Level(String word, Colour colour) {
            this.word = word;
            this.colour = colour;
        }
    }

    static Finding right(String subject, String text) {
        return new Finding(Level.RIGHT, subject, text, Map.of());
    }

    static Finding note(String subject, String text) {
        return new Finding(Level.NOTE, subject, text, Map.of());
    }

    static Finding wrong(String subject, String text) {
        return new Finding(Level.WRONG, subject, text, Map.of());
    }

    /** The same where something else makes up for it. */
    Finding asNote() {
        return isWrong() ? new Finding(Level.NOTE, subject, text, values) : this;
    }

    boolean isWrong() {
        return level == Level.WRONG;
    }

    /** For JSON. */
    Map<String, Object> members() {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("level", level.word);
        members.put("subject", subject);
        members.put("text", text);
        members.putAll(new TreeMap<>(values));
        return members;
    }

    @Override
    public String toString() {
        return "  " + level.colour.of(String.format("%-5s", level.word))
                + String.format("  %-16s %s", subject, Terminal.hanging(TEXT_AT, text));
    }
}
