// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The mount that a directory lies in, by {@code /proc/self/mountinfo}. Java's own FileStore fails where the mount point cannot be seen, as
 * in a chroot; this one then just does not know the type. Immutable.
 *
 * @param type of the file system; empty if not known
 * @param source usually a block device
 */
record MountPoint(Path point, String type, String source) {

    private static final Path MOUNTS = Path.of("/proc/self/mountinfo");
    private static final Path UUIDS = Path.of("/dev/disk/by-uuid");
    private static final int POINT = 4;
    private static final long PATIENCE_SECONDS = 5;

    /** @param directory a path without symbolic links */
    static MountPoint of(Path directory) {
        MountPoint best = new MountPoint(Path.of(""), "", "");
        for (MountPoint mount : all()) {
            // Of several mounts on one directory the last one hides the others.
            if (directory.startsWith(mount.point()) && mount.point().getNameCount() >= best.point().getNameCount() - 1) {
                best = mount;
            }
        }
        return best;
    }

    /** Whether something is mounted on this file or directory. */
    static boolean isOne(Path path) {
        return all().stream().anyMatch(mount -> mount.point().equals(path));
    }

    private static List<MountPoint> all() {
        List<MountPoint> all = new ArrayList<>();
        try {
            for (String line : Files.readString(MOUNTS, StandardCharsets.ISO_8859_1).split("\n")) {
                String[] halves = line.split(" - ");
                if (halves.length == 2) {
                    String[] last = halves[1].split(" ");
                    all.add(new MountPoint(Path.of(unescaped(halves[0].split(" ")[POINT])), last[0], unescaped(last[1])));
                }
            }
        } catch (IOException | InvalidPathException e) {
            return List.of();
        }
        return all;
    }

    /** Undoes the octal escapes of spaces, tabs, newlines and backslashes. */
    private static String unescaped(String word) {
        return word.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\");
    }

    /** The file system's UUID by udev, else by blkid; null if neither knows it. */
    String uuid() {
        if (!source.startsWith("/")) {
            return null;
        }
        try (DirectoryStream<Path> links = Files.newDirectoryStream(UUIDS)) {
            Path device = Path.of(source).toRealPath();
            for (Path link : links) {
                if (link.toRealPath().equals(device)) {
                    return link.getFileName().toString();
                }
            }
        } catch (IOException e) {
            // No udev here.
        }
        return blkid();
    }

    /** Reads the device itself (-p): what blkid has in its cache may be of the disk that had this name before. */
    private String blkid() {
        try {
            Process process = new ProcessBuilder("blkid", "-p", "-s", "UUID", "-o", "value", source).redirectErrorStream(true).start();
            process.getOutputStream().close();
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                return null;
            }
            String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return process.exitValue() == 0 && !answer.isEmpty() ? answer : null;
        } catch (IOException e) {
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
    }
}
