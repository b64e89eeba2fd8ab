// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.serve;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipFile;

/**
 * The class path of a JVM that runs nfs4j: oncrpc4j and what it needs in the versions that the transport is made for, then what the user
 * gave, then our program that starts it. nfs4j's basic server comes as one jar with all that it needs, an older oncrpc4j perhaps, so the
 * order matters. Our logger is left out where the user's jars bring one. Immutable.
 */
final class Nfs4jClassPath {

    /** nfs4j's documented way to be started. */
    static final String MAIN = "org.dcache.nfs4j.server.Main";

    private static final String SERVER = "org.dcache.nfs.v4.NFSServerV41";
    private static final String LOGGER = "org.slf4j.impl.StaticLoggerBinder";
    private static final String OUR_LOGGER = "slf4j-simple";
    private static final String OUR_PROGRAMS = "rpcrdma";

    private final List<Path> entries;

    private Nfs4jClassPath(List<Path> entries) {
        this.entries = entries;
    }

    /**
     * @param application folder with the jars of an oncrpc4j application
     * @param starter folder with the jar of what starts nfs4j
     * @param jars single ones
     * @param classPath as for {@code java -cp}, {@code folder/*} included; may be empty
     * @throws Nfs4jMissingException an entry is not there, or nfs4j is in none
     */
    static Nfs4jClassPath of(Path application, Path starter, List<Path> jars, String classPath) throws IOException {
        List<Path> given = new ArrayList<>(jars);
        for (String word : classPath.split(File.pathSeparator)) {
            if (word.endsWith("*")) {
                given.addAll(jarsIn(Path.of(word.substring(0, word.length() - 1))));
            } else if (!word.isEmpty()) {
                given.add(Path.of(word));
            }
        }
        for (Path entry : given) {
            if (!Files.exists(entry)) {
                throw new Nfs4jMissingException("there is no " + entry + ", which was given for nfs4j's class path");
            }
        }
        for (String needed : List.of(MAIN, SERVER)) {
            if (!has(given, needed)) {
                throw new Nfs4jMissingException("nfs4j is not on the class path: there is no " + needed + " in "
                        + (given.isEmpty() ? "it, as nothing was given" : given.stream().map(Path::toString)
                        .collect(Collectors.joining(", ")))
                        + "; name the jar of its basic server (org.dcache.nfs4j:basic-server) by --nfs4j-jar, or its jars by --class-path");
            }
        }
        boolean logger = has(given, LOGGER);
        List<Path> all = new ArrayList<>(jarsIn(application));
        all.removeIf(jar -> isNamed(jar, OUR_PROGRAMS) || logger && isNamed(jar, OUR_LOGGER));
        all.addAll(given);
        all.addAll(jarsIn(starter));
        return new Nfs4jClassPath(all);
    }

    private static boolean isNamed(Path jar, String prefix) {
        return jar.getFileName().toString().startsWith(prefix);
    }

    private static List<Path> jarsIn(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new Nfs4jMissingException("there is no folder " + folder + " with jars for nfs4j's class path");
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".jar")).sorted().toList();
        }
    }

    private static boolean has(List<Path> entries, String className) throws IOException {
        String file = className.replace('.', '/') + ".class";
        for (Path entry : entries) {
            if (Files.isDirectory(entry)) {
                if (Files.isRegularFile(entry.resolve(file))) {
                    return true;
                }
            } else {
                try (ZipFile jar = new ZipFile(entry.toFile())) {
                    if (jar.getEntry(file) != null) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    /** For {@code java -cp}. */
    @Override
    public String toString() {
        return entries.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
    }
}
