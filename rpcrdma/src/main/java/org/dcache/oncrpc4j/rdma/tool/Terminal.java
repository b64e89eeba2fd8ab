// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool;

import java.io.Console;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/**
 * The terminal that standard output is, if it is one: how wide it is, and text that fits into it. It is looked at once. What a command
 * prints {@linkplain #without for a file} does not go there. Any thread.
 */
public final class Terminal {

    /** Where standard output is a file or a pipe: lines are as long as they are. */
    static final int UNLIMITED = Integer.MAX_VALUE;

    /** Text is not made narrower than this, whatever stands before it. */
    private static final int LEAST = 20;

    private static final ThreadLocal<Boolean> WITHOUT = ThreadLocal.withInitial(() -> false);

    /** To ask for the width takes a process and some 30 ms. */
    private static final class Width {

        private static final int COLUMNS = isConsole()
                ? new CommandLine(CommandSpec.create()).setUsageHelpAutoWidth(true).getUsageHelpWidth() : UNLIMITED;
    }

    private Terminal() {}

    /** Runs something whose output goes elsewhere, in this thread. */
    static <T> T without(Supplier<T> command) {
        WITHOUT.set(true);
        try {
            return command.get();
        } finally {
            WITHOUT.remove();
        }
    }

    /** Whether what is printed goes where standard output does, as far as is known. */
    static boolean isMeant() {
        return !WITHOUT.get();
    }

    /** Whether standard input and output are a terminal. From Java 22 to 24 a console is there without one, and says so. */
    private static boolean isConsole() {
        Console console = System.console();
        if (console == null) {
            return false;
        }
        try {
            return (boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (ReflectiveOperationException e) {
            return true;
        }
    }

    /** Characters of a line, 55 at least; {@link Integer#MAX_VALUE} without a terminal. */
    static int columns() {
        return isMeant() ? Width.COLUMNS : UNLIMITED;
    }

    /**
     * Text that has something else before it: where a line of it does not fit it goes on below itself, between words; the text's next lines
     * stand below as well.
     */
    public static String hanging(int before, String text) {
        return hanging(before, text, columns());
    }

    static String hanging(int before, String text, int columns) {
        return text.lines().map(line -> hangingLine(before, line, columns)).collect(Collectors.joining("\n" + " ".repeat(before)));
    }

    private static String hangingLine(int before, String line, int columns) {
        int room = Math.max(LEAST, columns - before);
        StringBuilder lines = new StringBuilder();
        String rest = line;
        while (rest.length() > room) {
            int end = rest.lastIndexOf(' ', room);
            if (end <= 0) {
                end = rest.indexOf(' ', room);
            }
            if (end < 0) {
                break;
            }
            lines.append(rest, 0, end).append('\n').append(" ".repeat(before));
            rest = rest.substring(end + 1);
        }
        return lines.append(rest).toString();
    }
}
