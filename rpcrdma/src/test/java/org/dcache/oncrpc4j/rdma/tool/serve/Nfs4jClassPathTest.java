// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Nfs4jClassPathTest {

    private static final String MAIN = "org/dcache/nfs4j/server/Main.class";
    private static final String SERVER = "org/dcache/nfs/v4/NFSServerV41.class";
    private static final String LOGGER = "org/slf4j/impl/StaticLoggerBinder.class";

    @TempDir
    private Path folder;

    private Path application;
    private Path starter;

    @BeforeEach
    void anApplication() throws IOException {
        application = Files.createDirectory(folder.resolve("app"));
        starter = Files.createDirectory(folder.resolve("export"));
        jar(starter.resolve("rpcrdma-export-programs.jar"));
        for (String name : List.of("oncrpc4j-core-3.4.2.jar", "slf4j-simple-1.7.36.jar", "rpcrdma-demo-programs.jar")) {
            jar(application.resolve(name));
        }
    }

    private static Path jar(Path path, String... entries) throws IOException {
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(path))) {
            zip.putNextEntry(new ZipEntry("empty"));
            for (String entry : entries) {
                zip.putNextEntry(new ZipEntry(entry));
            }
        }
        return path;
    }

    @Test
    void oncrpc4jComesBeforeNfs4jAndItsLogger() throws IOException {
        Path nfs4j = jar(folder.resolve("basic-server.jar"), MAIN, SERVER, LOGGER);

        String path = Nfs4jClassPath.of(application, starter, List.of(nfs4j), "").toString();

        assertThat(path).isEqualTo(application.resolve("oncrpc4j-core-3.4.2.jar") + File.pathSeparator + nfs4j + File.pathSeparator
                + starter.resolve("rpcrdma-export-programs.jar"));
    }

    @Test
    void withoutALoggerOfItsOwnItGetsOurs() throws IOException {
        Path nfs4j = jar(folder.resolve("basic-server.jar"), MAIN, SERVER);

        assertThat(Nfs4jClassPath.of(application, starter, List.of(nfs4j), "").toString()).contains("slf4j-simple");
    }

    @Test
    void aClassPathMayHaveFoldersOfClassesAndOfJars() throws IOException {
        Path classes = Files.createDirectories(folder.resolve("classes/org/dcache/nfs4j/server"));
        Files.createFile(classes.resolve("Main.class"));
        Path jars = Files.createDirectory(folder.resolve("jars"));
        Path core = jar(jars.resolve("nfs4j-core.jar"), SERVER);

        String given = folder.resolve("classes") + File.pathSeparator + jars + "/*";
        String path = Nfs4jClassPath.of(application, starter, List.of(), given).toString();

        assertThat(path).contains(folder.resolve("classes") + File.pathSeparator + core);
    }

    @Test
    void withoutNfs4jItSaysWhatToGive() {
        assertThatThrownBy(() -> Nfs4jClassPath.of(application, starter, List.of(), "")).isInstanceOf(Nfs4jMissingException.class)
                .hasMessageContaining("nfs4j is not on the class path").hasMessageContaining("nothing was given")
                .hasMessageContaining("--nfs4j-jar").hasMessageContaining("--class-path");
    }

    @Test
    void aJarWithoutNfs4jIsNamed() throws IOException {
        Path other = jar(folder.resolve("other.jar"), SERVER);

        assertThatThrownBy(() -> Nfs4jClassPath.of(application, starter, List.of(other), "")).isInstanceOf(Nfs4jMissingException.class)
                .hasMessageContaining("org.dcache.nfs4j.server.Main").hasMessageContaining(other.toString());
    }

    @Test
    void aJarThatIsNotThereIsNamed() {
        assertThatThrownBy(() -> Nfs4jClassPath.of(application, starter, List.of(folder.resolve("no.jar")), ""))
                .isInstanceOf(Nfs4jMissingException.class)
                .hasMessageContaining("there is no " + folder.resolve("no.jar"));
    }
}
