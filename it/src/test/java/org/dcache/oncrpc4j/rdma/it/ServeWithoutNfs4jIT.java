// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.tools.ToolProvider;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;
import org.dcache.oncrpc4j.rdma.it.jvm.Ports;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code rpcrdma serve --nfs4j} where there is no nfs4j, and where its options make no sense. */
@Timeout(180)
class ServeWithoutNfs4jIT {

    @TempDir
    private Path folder;

    @Test
    void withoutNfs4jItFailsAndSaysWhatToGive() throws Exception {
        Tool.Result result = Tool.run("serve", "--nfs4j", folder.toString());
        assertThat(result.output()).contains("nfs4j is not on the class path").contains("--nfs4j-jar").contains("--class-path");
        assertThat(result.status()).isOne();
    }

    @Test
    void aJarThatIsNotThereIsNamed() throws Exception {
        Tool.Result result = Tool.run("serve", "--nfs4j", "--nfs4j-jar", folder.resolve("no.jar").toString(), folder.toString());
        assertThat(result.output()).contains("there is no " + folder.resolve("no.jar"));
        assertThat(result.status()).isOne();
    }

    /** In nfs4j's place is a program with its main class that stays. */
    @Test
    void theServersJvmDoesNotOutliveAToolThatIsKilled() throws Exception {
        Path sources = Files.createDirectory(folder.resolve("src"));
        Path main = Files.writeString(sources.resolve("Main.java"), "package org.dcache.nfs4j.server; public class Main {"
                + " public static void main(String[] a) throws Exception { System.out.println(\"stays\"); Thread.sleep(600_000); } }");
        Path server = Files.writeString(sources.resolve("NFSServerV41.java"), "package org.dcache.nfs.v4; public class NFSServerV41 {}");
        Path classes = Files.createDirectory(folder.resolve("classes"));
        assertThat(ToolProvider.getSystemJavaCompiler().run(null, null, null, "-d", classes.toString(), main.toString(), server.toString()))
                .isZero();
        int port = Ports.freePair();
        try (JvmProcess tool = Tool.start("serve", "--nfs4j", "--class-path", classes.toString(), "--port", "" + port, "--rdma-port",
                "" + (port + 1), folder.toString())) {
            tool.expect("stays");
            List<ProcessHandle> all = ProcessHandle.of(tool.pid()).orElseThrow().descendants().toList();
            assertThat(all).isNotEmpty();
            ProcessHandle.of(tool.pid()).orElseThrow().destroyForcibly();
            for (ProcessHandle one : all) {
                one.onExit().get(60, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void optionsThatWouldBePassedOverAreAWrongCommandLine() throws Exception {
        assertThat(Tool.run("serve", "--class-path", "x.jar", folder.toString()))
                .isEqualTo(new Tool.Result(2, "--class-path needs --nfs4j\nSee 'rpcrdma serve --help'.\n"));
        assertThat(Tool.run("serve", "--nfs4j", "--squash=all", folder.toString()))
                .isEqualTo(new Tool.Result(2, "--squash means nothing with --nfs4j\nSee 'rpcrdma serve --help'.\n"));
        for (String option : List.of("--rdma-port=20049", "--set=rdma.inline=8192")) {
            assertThat(Tool.run("serve", "--transport=tcp", option, folder.toString()))
                    .isEqualTo(new Tool.Result(2, option.substring(0, option.indexOf('=')) + " means nothing with --transport tcp\n"
                            + "See 'rpcrdma serve --help'.\n"));
        }
        assertThat(Tool.run("serve", "--set=rdma.port=1234", folder.toString()).output())
                .startsWith("--set oncrpc.rdma.port would be against what is printed here; say --rdma-port");
    }
}
