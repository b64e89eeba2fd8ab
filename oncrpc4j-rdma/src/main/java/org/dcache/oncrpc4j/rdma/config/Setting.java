// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.config;

import java.util.Locale;
import java.util.function.Function;

/**
 * One setting. Constants are in {@link Settings}.
 *
 * @param name full name, {@code oncrpc.transport} or {@code oncrpc.rdma.…}
 * @param text default as an admin would write it
 * @param expected the range in words, for the error message and the documentation
 * @param meaning one sentence
 * @param parser turns text into the value or throws IllegalArgumentException; a {@link ConfigurationException} says what is wrong with it
 */
public record Setting<T>(String name, String text, String expected, String meaning, Function<String, T> parser) {

    public T parse(String value) {
        return parse(name, value, "");
    }

    /**
     * As {@link #parse(String)}.
     *
     * @param givenName stands for this setting in one case, such as a service's own port
     * @param where the value is from, for the message: in brackets, or empty
     */
    T parse(String givenName, String value, String where) {
        try {
            return parser.apply(value.trim());
        } catch (IllegalArgumentException e) {
            String why = e instanceof ConfigurationException ? "; " + e.getMessage() : "";
            throw new ConfigurationException(givenName + "=" + value + where + ": expected " + expected + why);
        }
    }

    /** Its name in the environment: capitals, with underscores for dots and dashes. */
    public String variable() {
        return name.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }
}
