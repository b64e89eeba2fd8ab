// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@Timeout(120)
class BenchCommandTest {

    @TempDir
    private Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        return new CommandLine(new BenchCommand()).setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true)).execute(arguments);
    }

    @Test
    void measuresTcpInItsOwnJvmsAndWritesJson() throws Exception {
        Path json = directory.resolve("result.json");
        int exit = run("--transport", "tcp", "--operations", "null,read", "--sizes", "4k", "--depths", "1,4", "--seconds", "0.1",
                "--warm-up", "0.05", "--rounds", "1", "--no-system-calls", "--json", json.toString());
        assertThat(exit).as(err.toString()).isZero();
        assertThat(out.toString()).contains("null depth 1").contains("read 4 KiB depth 4").contains("MB/s by size");
        assertThat(Files.readString(json)).containsPattern("\"transport\": \"tcp\", \"operation\": \"read\", \"size\": 4096, \"depth\": 4, "
                + "\"ops_per_s\": [1-9]").contains("\"syscalls_per_op\": null");
    }

    @Test
    void measuresNfsWithTheBuiltInExport() {
        int exit = run("--nfs", "--transport", "tcp", "--operations", "read,write", "--sizes", "16k", "--depths", "4", "--seconds", "0.1",
                "--warm-up", "0.05", "--rounds", "1", "--no-system-calls");
        assertThat(exit).as(err.toString()).isZero();
        assertThat(out.toString()).contains("read 16 KiB depth 4").contains("write 16 KiB depth 4");
    }

    @Test
    void measuresAServerThatHasItsDataInAFile() {
        int exit = run("--file", "--transport", "tcp", "--operations", "read,write", "--sizes", "64k", "--depths", "4", "--seconds", "0.1",
                "--warm-up", "0.05", "--rounds", "1", "--no-system-calls");
        assertThat(exit).as(err.toString()).isZero();
        assertThat(out.toString()).contains("read 64 KiB depth 4").contains("write 64 KiB depth 4");
    }

    @Test
    void optionsWithoutSenseAreRefusedBeforeAnythingStarts() {
        assertThat(run("--operations", "erase")).isEqualTo(2);
        assertThat(run("--sizes", "0")).isEqualTo(2);
        assertThat(run("--depths", "0")).isEqualTo(2);
        assertThat(run("--rounds", "0")).isEqualTo(2);
        assertThat(run("--warm-up", "0")).isEqualTo(2);
        assertThat(run("--nfs", "--shallow")).isEqualTo(2);
        assertThat(run("--nfs", "--file")).isEqualTo(2);
        assertThat(run("--file", "--shallow")).isEqualTo(2);
        assertThat(run("--nfs", "--sizes", "2m")).isEqualTo(2);
        assertThat(run("--nfs4j-jar", directory.resolve("none.jar").toString())).isEqualTo(2);
        assertThat(run("--nfs", "--nfs4j-jar", directory.resolve("none.jar").toString())).isEqualTo(2);
        assertThat(err.toString()).contains("erase").contains("size '0'").contains("--depths").contains("--rounds")
                .contains("--warm-up 0.0: expected 0.01 to 60 seconds").contains("--nfs4j-jar needs --nfs")
                .contains("there is no file " + directory.resolve("none.jar"));
    }

    @Test
    void aJarWithoutNfs4jIsSaidWithTheClassThatIsMissing() throws IOException {
        Path jar = Files.createFile(directory.resolve("empty.jar"));
        assertThat(run("--nfs", "--nfs4j-jar", jar.toString(), "--transport", "tcp")).isEqualTo(1);
        assertThat(err.toString()).contains("nfs4j's basic server is not in what --nfs4j-jar names: there is no org.dcache.nfs");
    }

    @Test
    void aMissingAgentJarIsSaidWithWhatToDo() {
        assertThat(run("--transport", "rdma", "--agent", directory.resolve("none.jar").toString())).isEqualTo(1);
        assertThat(err.toString()).contains("none.jar");
    }

    @Test
    void aChildThatCannotStartIsQuoted() {
        assertThat(run("--transport", "tcp", "--jvm-arg", "-XX:+NoSuchFlagAtAll")).isEqualTo(1);
        assertThat(err.toString()).contains("exit code").contains("NoSuchFlagAtAll");
    }
}
