// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;

/**
 * Whether the times of birth that the JDK tells are real. Where the JDK or the file system does not know them, the JDK gives the time of
 * the last change instead, with which each change would make a file look like another one. So this looks for a file that was changed after
 * it was made; where the directory has none, it makes one. Stateless.
 */
final class BirthTimes {

    private static final int MAX_ENTRIES = 1000;
    private static final FileTime LONG_AGO = FileTime.fromMillis(1_000_000_000);

    private BirthTimes() {}

    /** @param readOnly make no file; the answer is no if no file that is there shows it */
    static boolean areKept(Path directory, boolean readOnly) throws IOException {
        return isReal(directory) || isKeptBelow(directory) || !readOnly && isKeptOfNew(directory);
    }

    private static boolean isKeptBelow(Path directory) throws IOException {
        int looked = 0;
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                if (isReal(entry)) {
                    return true;
                }
                if (++looked == MAX_ENTRIES) {
                    break;
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return false;
    }

    private static boolean isKeptOfNew(Path directory) {
        Path probe = null;
        try {
            probe = Files.createTempFile(directory, PathChanges.UNREADY, "");
            Files.getFileAttributeView(probe, BasicFileAttributeView.class).setTimes(LONG_AGO, null, null);
            return isReal(probe);
        } catch (IOException e) {
            // The directory is not writable: nobody writes there by an old handle either.
            return false;
        } finally {
            if (probe != null) {
                probe.toFile().delete();
            }
        }
    }

    private static boolean isReal(Path path) throws IOException {
        FileStat stat;
        try {
            stat = FileStat.of(path);
        } catch (NoSuchFileException e) {
            return false;
        }
        long born = stat.born().getEpochSecond();
        return born != 0 && born != Integer.toUnsignedLong(stat.attributes().mtime().seconds());
    }
}
