// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.serve;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** The options of {@code rpcrdma serve} that are about nfs4j. */
final class Nfs4jOptions {

    /** Other options of the command that nfs4j's basic server has no use for. */
    static final List<String> NOT_WITH = List.of("--memory", "--bind", "--squash", "--anonymous", "--async", "--fsid", "--threads",
            "--krb5", "--principal", "--user", "--sec", "--progress");

    /** Those that mean nothing without it. */
    static final List<String> ONLY_WITH = List.of("--nfs4j-jar", "--class-path", "--nfs-version", "--exports", "--with-portmap");

    @Option(names = "--nfs4j", description = "Run nfs4j's basic server (NFSv3, v4.0 and v4.1) instead of the built-in export.")
    private boolean wanted;

    @Option(names = "--nfs4j-jar", paramLabel = "JAR", description = "With --nfs4j: the jar of its basic server. May be repeated.")
    private List<Path> jars = new ArrayList<>();

    @Option(names = "--class-path", paramLabel = "PATH", defaultValue = "", description = "With --nfs4j: a class path that has it.")
    private String classPath;

    @Option(names = "--nfs-version", paramLabel = "N", defaultValue = "0", description = "With --nfs4j: 3 or 4 alone (0: both).")
    private int nfsVersion;

    @Option(names = "--exports", paramLabel = "FILE",
            description = "With --nfs4j: nfs4j's table of exports, with paths below DIR (/ to everybody, with the option insecure).")
    private Path exports;

    @Option(names = "--with-portmap", description = "With --nfs4j: run its portmapper too, on port 111.")
    private boolean portmap;

    /** Whether nfs4j was asked for. */
    boolean wanted() {
        return wanted;
    }

    List<Path> jars() {
        return jars;
    }

    String classPath() {
        return classPath;
    }

    int nfsVersion() {
        return nfsVersion;
    }

    Path exports() {
        return exports;
    }

    boolean portmap() {
        return portmap;
    }
}
