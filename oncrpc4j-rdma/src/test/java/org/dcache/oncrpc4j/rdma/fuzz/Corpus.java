// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.fuzz;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;

/** Good inputs to begin with: a checked-in text, one input a line, a name and the bytes in hex; lines with # are comments. */
public final class Corpus {

    private Corpus() {}

    /** The inputs of a resource beside the class that uses them. */
    public static List<byte[]> read(Class<?> user, String resource) {
        return read(user, resource, "");
    }

    /** Those of which the name begins so. */
    public static List<byte[]> read(Class<?> user, String resource, String prefix) {
        try (InputStream in = user.getResourceAsStream(resource);
                BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII))) {
            List<byte[]> inputs = lines.lines().filter(l -> !l.startsWith("#") && l.startsWith(prefix))
                    .map(l -> HexFormat.of().parseHex(l.substring(l.indexOf(' ') + 1))).toList();
            if (inputs.isEmpty()) {
                throw new IllegalStateException("no input of " + resource + " begins with " + prefix);
            }
            return inputs;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
