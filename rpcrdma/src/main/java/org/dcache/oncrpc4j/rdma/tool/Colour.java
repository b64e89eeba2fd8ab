// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool;

import picocli.CommandLine.Help.Ansi;

/** Words in colour, where standard output is a terminal that has them and {@code NO_COLOR} is not set. Stateless. */
public enum Colour {
    /** All is well. */
    GREEN("green"),
    /** Worth a look. */
    YELLOW("yellow"),
    /** Somebody has to do something. */
    RED("bold,red");

    private final String style;

    Colour(String style) {
        this.style = style;
    }

    /** @param word without picocli's marks for styles */
    public String of(String word) {
        return of(word, Terminal.isMeant() ? Ansi.AUTO : Ansi.OFF);
    }

    String of(String word, Ansi ansi) {
        return ansi.string("@|" + style + ' ' + word + "|@");
    }
}
