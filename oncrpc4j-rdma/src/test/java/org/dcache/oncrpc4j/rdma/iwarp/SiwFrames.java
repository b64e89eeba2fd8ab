// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.iwarp;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/** What Linux siw put on the wire, by name; see the resource's first line. */
public final class SiwFrames {

    private static final Map<String, byte[]> FRAMES = new LinkedHashMap<>();

    static {
        try (InputStream in = SiwFrames.class.getResourceAsStream("siw-frames.txt");
                BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                if (!line.startsWith("#")) {
                    String[] words = line.split(" ");
                    FRAMES.put(words[0], HexFormat.of().parseHex(words[1]));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private SiwFrames() {}

    public static ByteBuffer of(String name) {
        return ByteBuffer.wrap(FRAMES.get(name).clone());
    }

    public static Map<String, byte[]> all() {
        return FRAMES;
    }
}
