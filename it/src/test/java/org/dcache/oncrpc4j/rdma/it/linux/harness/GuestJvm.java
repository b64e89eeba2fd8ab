// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.dcache.oncrpc4j.rdma.it.Tool;
import org.dcache.oncrpc4j.rdma.it.jvm.AgentJar;
import org.dcache.oncrpc4j.rdma.it.jvm.ClassPaths;
import org.dcache.oncrpc4j.rdma.it.jvm.Jdks;
import org.dcache.oncrpc4j.rdma.it.linux.app.SuiteMain;
import org.dcache.oncrpc4j.rdma.it.nfs.app.TreeClient;

/**
 * A JVM of Java 22 or newer in a guest, with this machine's JDK and this module's test class path.
 *
 * <p>An emulated CPU that reads files through 9p starts JVMs slowly: a run of JUnit takes tens of seconds. So folders of classes are packed
 * into a jar, jars that no guest needs are left out, and a run on this machine makes a class data sharing archive. All of it is in {@code
 * target/linux/guest-jvm} and is made once per test JVM.
 */
public final class GuestJvm {

    private static final int NEEDED = 22;
    private static final List<String> UNUSED = List.of("jqwik", "archunit", "kerb", "token-provider", "nimbus", "asm-");

    /** Only the quick compiler, and no parallel garbage collector, for two emulated CPUs. */
    private static final List<String> QUICK = List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");

    /** The test class of the run that makes the archive; it loads the classes that all suites have in common, and needs no device. */
    private static final String TRAINING = "org.dcache.oncrpc4j.rdma.iwarp.suites.IwarpMessagingTest";

    private static GuestJvm instance;

    private final Path java;
    private final Path arguments;

    private GuestJvm(Path java, Path arguments) {
        this.java = java;
        this.arguments = arguments;
    }

    /** Skips the test, with the reason, where no guest can run the provider for libibverbs. */
    public static synchronized GuestJvm require() {
        Optional<Path> home = Jdks.atLeast(NEEDED);
        skipUnless(home.isPresent(), "no JDK " + NEEDED + " or newer beside the one that runs the tests");
        skipUnless(!Boolean.parseBoolean(System.getProperty("java22.skip", "true")), "this build has no part for Java " + NEEDED
                + "; build with JDK " + NEEDED + " or newer, or with -Djdk22.home=DIR");
        if (instance == null) {
            try {
                instance = make(home.orElseThrow());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return instance;
    }

    private static void skipUnless(boolean met, String reason) {
        if (!met) {
            System.out.println("skipped: " + reason);
        }
        assumeTrue(met, reason);
    }

    /** The command line of a program, for the guest's shell. Run it in {@code /out} if it writes files. */
    public String command(Class<?> main, String... words) {
        return java + " @" + arguments + ' ' + main.getName() + (words.length == 0 ? "" : " " + String.join(" ", words));
    }

    /** The command line of {@code bin/rpcrdma}. */
    public String tool(String words) {
        return "JAVA_HOME=" + java.getParent().getParent() + " RPCRDMA_BUILD=never RPCRDMA_OPTS='" + String.join(" ", QUICK) + "' "
                + Tool.script() + ' ' + words;
    }

    /**
     * Starts {@code rpcrdma serve} in a guest, with the provider for libibverbs, and waits until it serves {@code /tmp/export}. Its log is
     * {@code serve.log} of the guest's directory.
     *
     * @param options further ones
     */
    public void serve(LinuxGuest guest, String options) {
        serve(guest, "Ready", "--squash=none --async " + options);
    }

    /**
     * The same with nfs4j's basic server.
     *
     * @param jar its jar
     * @param options further ones
     */
    public void serveNfs4j(LinuxGuest guest, Path jar, String options) {
        serve(guest, "accepts RDMA connections on", "--nfs4j --nfs4j-jar=" + jar + ' ' + options);
    }

    private void serve(LinuxGuest guest, String ready, String options) {
        guest.run("ulimit -l unlimited; mkdir -p /tmp/export; { "
                + tool("serve /tmp/export --verbose --set=rdma.provider=rdma-core --jvm=-Xmx256m"
                + String.join("", QUICK.stream().map(flag -> " --jvm=" + flag).toList()) + ' ' + options)
                + "; echo ENDED $?; } > /out/serve.log 2>&1 < /dev/null &"
                + " until grep -q -e '" + ready + "' -e ENDED /out/serve.log; do sleep 0.2; done; cat /out/serve.log; grep -q '" + ready
                + "' /out/serve.log");
    }

    /** Ends the server that {@link #serve} or {@link #serveNfs4j} started by SIGTERM, and waits for its end. */
    static void endServer(LinuxGuest guest) {
        guest.run("pkill -f 'rpcrdma.home=.* serve' && until grep -q ENDED /out/serve.log; do sleep 0.2; done");
    }

    /**
     * The command line of the NFS client {@link TreeClient} with these commands on its input.
     *
     * @param server its address
     */
    public String treeClient(String server, int port, String... commands) {
        return "ulimit -l unlimited; printf '%s\\n' '" + String.join("' '", commands) + "' quit | " + java + ' ' + String.join(" ", QUICK)
                + " -Xmx256m --enable-native-access=ALL-UNNAMED"
                + " -javaagent:" + AgentJar.path() + "=transport=tcp,rdma,rdma.provider=rdma-core,'rdma.connect=" + port + '>' + port
                + "' -Dtree.server=" + server + " -cp "
                + ClassPaths.nfsApplication().stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator)) + ' '
                + TreeClient.class.getName() + " 1";
    }

    private static GuestJvm make(Path home) throws IOException {
        Path folder = Files.createDirectories(GuestKit.output("guest-jvm"));
        List<Path> folders = new ArrayList<>();
        List<Path> jars = new ArrayList<>();
        for (String entry : System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))
                .split(File.pathSeparator)) {
            Path path = Path.of(entry).toAbsolutePath();
            if (Files.isDirectory(path)) {
                folders.add(path);
            } else if (UNUSED.stream().noneMatch(path.getFileName().toString()::startsWith)) {
                jars.add(path);
            }
        }
        folders.add(GuestKit.module().resolve("../oncrpc4j-rdma/target/test-classes22").normalize());
        // A user of the DiSNI provider adds this jar too; the provider is used only where its native library is found.
        jars.add(GuestKit.module().resolve("target/disni/disni.jar"));
        Path packed = folder.resolve("classes.jar");
        pack(folders, packed);
        jars.add(0, packed);
        Path archive = folder.resolve("classes.jsa");
        Files.deleteIfExists(archive);
        List<String> options = new ArrayList<>(List.of("-cp",
                jars.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator)),
                QUICK.get(0), QUICK.get(1), "-Xmx512m", "--enable-native-access=ALL-UNNAMED", "-Djava.io.tmpdir=/tmp"));
        Path arguments = folder.resolve("arguments");
        Path java = home.resolve("bin/java");
        Files.write(arguments, options);
        Process training = new ProcessBuilder(java.toString(), "-XX:ArchiveClassesAtExit=" + archive, "-Xlog:cds=off",
                "-Xlog:cds+dynamic=off", "@" + arguments,
                SuiteMain.class.getName(), TRAINING).redirectErrorStream(true).redirectOutput(folder.resolve("training.log").toFile())
                .start();
        assertThat(training.onExit().join().exitValue()).as("status of the run that makes the class archive, see training.log in " + folder)
                .isZero();
        options.add("-XX:SharedArchiveFile=" + archive);
        Files.write(arguments, options);
        return new GuestJvm(java, arguments);
    }

    private static void pack(List<Path> folders, Path jar) throws IOException {
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(jar))) {
            for (Path folder : folders) {
                try (Stream<Path> files = Files.walk(folder)) {
                    for (Path file : files.filter(Files::isRegularFile).toList()) {
                        zip.putNextEntry(new ZipEntry(folder.relativize(file).toString().replace(File.separatorChar, '/')));
                        Files.copy(file, zip);
                        zip.closeEntry();
                    }
                }
            }
        }
    }
}
