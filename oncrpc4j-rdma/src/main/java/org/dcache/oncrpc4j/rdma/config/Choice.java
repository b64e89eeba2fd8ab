// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.config;

import java.util.Locale;

/** A value of a setting that may be left to us. */
public enum Choice {
    /** Where it does good. */
    AUTO,
    /** In any case, or it is an error. */
    ON,
    /** Never. */
    OFF;

    /** @throws IllegalArgumentException it is none of auto, on, off */
    static Choice parse(String text) {
        for (Choice choice : values()) {
            if (choice.name().toLowerCase(Locale.ROOT).equals(text)) {
                return choice;
            }
        }
        throw new IllegalArgumentException(text);
    }
}
