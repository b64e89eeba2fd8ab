// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.check;

/**
 * One line of a check.
 *
 * @param level whether somebody has to do something
 * @param subject what was looked at
 * @param text what was found and, unless all is right, what to do
 */
record Finding(Level level, String subject, String text) {

    /** RIGHT needs nothing, NOTE may matter, WRONG makes the check fail. */
    enum Level {
        RIGHT("ok"), NOTE("note"), WRONG("wrong");

        private final String word;

        Level(String word) {
            this.word = word;
        }
    }

    static Finding right(String subject, String text) {
        return new Finding(Level.RIGHT, subject, text);
    }

    static Finding note(String subject, String text) {
        return new Finding(Level.NOTE, subject, text);
    }

    static Finding wrong(String subject, String text) {
        return new Finding(Level.WRONG, subject, text);
    }

    /** The same where something else makes up for it. */
    Finding asNote() {
        return isWrong() ? note(subject, text) : this;
    }

    boolean isWrong() {
        return level == Level.WRONG;
    }

    @Override
    public String toString() {
        return String.format("  %-5s  %-16s %s", level.word, subject, text);
    }
}
