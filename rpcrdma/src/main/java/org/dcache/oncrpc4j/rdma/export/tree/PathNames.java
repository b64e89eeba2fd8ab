// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;

/**
 * Names between the wire and java.nio.file. Both mean bytes, but a Path made of a String knows only names that the JVM's encoding has; URIs
 * of files have escapes for bytes, and take every name. Names in ASCII go the short way. Stateless.
 */
final class PathNames {

    private static final String FILE_ROOT = "file:///";

    private PathNames() {}

    /** The child with this name, which has been checked with {@link FileName}. */
    static Path child(Path directory, NfsText name) {
        return directory.resolve(component(name.bytes()));
    }

    private static Path component(byte[] bytes) {
        boolean ascii = true;
        for (byte b : bytes) {
            ascii &= b >= 0;
        }
        if (ascii) {
            return Path.of(new String(bytes, StandardCharsets.US_ASCII));
        }
        StringBuilder uri = new StringBuilder(FILE_ROOT);
        for (byte b : bytes) {
            uri.append(String.format(Locale.ROOT, "%%%02X", b & 0xff));
        }
        return Path.of(URI.create(uri.toString())).getFileName();
    }

    /** A path of one name as bytes. */
    static NfsText bytes(Path path) {
        String text = path.toString();
        boolean ascii = true;
        for (int i = 0; i < text.length(); i++) {
            ascii &= text.charAt(i) < 0x80;
        }
        if (ascii) {
            return NfsText.of(text);
        }
        String raw = (path.isAbsolute() ? path : Path.of("/").resolve(path)).toUri().getRawPath();
        byte[] bytes = new byte[raw.length()];
        int length = 0;
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            if (c == '%') {
                bytes[length++] = (byte) Integer.parseInt(raw, i + 1, i + 3, 16);
                i += 2;
            } else {
                bytes[length++] = (byte) c;
            }
        }
        int skip = path.isAbsolute() ? 0 : 1;
        byte[] name = new byte[length - skip];
        System.arraycopy(bytes, skip, name, 0, name.length);
        return new NfsText(name);
    }
}
