// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;

/**
 * Converts names between the wire and java.nio.file. On both sides they are bytes, but a Path that is made of a String has only names that
 * exist in the JVM's encoding. A file URI has escapes for bytes and takes every name; ASCII names need no URI. Stateless.
 */
final class PathNames {

    private static final String FILE_ROOT = "file:///";
    /** Nothing is in it. Where a directory has a path's name, the JDK ends its URI with a slash. */
    private static final Path EMPTY = Path.of("/dev/null");

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

    /** The names in a directory, in any order. */
    static List<NfsText> in(Path directory) throws IOException {
        List<NfsText> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                names.add(bytes(entry.getFileName()));
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return names;
    }

    /** Whether a directory has no names. */
    static boolean hasNone(Path directory) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            return !entries.iterator().hasNext();
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    /** The bytes of a path that is one name. */
    static NfsText bytes(Path path) {
        String text = path.toString();
        boolean ascii = true;
        for (int i = 0; i < text.length(); i++) {
            ascii &= text.charAt(i) < 0x80;
        }
        if (ascii) {
            return NfsText.of(text);
        }
        String raw = (path.isAbsolute() ? path : EMPTY.resolve(path)).toUri().getRawPath();
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
        int skip = path.isAbsolute() ? 0 : EMPTY.toString().length() + 1;
        byte[] name = new byte[length - skip];
        System.arraycopy(bytes, skip, name, 0, name.length);
        return new NfsText(name);
    }
}
