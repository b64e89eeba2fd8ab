// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code bin/rpcrdma} itself: where it may be called from, and what it says when something is missing. */
class ToolLaunchIT {

    @TempDir
    Path directory;

    @Test
    void worksThroughSymlinksFromAnotherDirectory() throws Exception {
        Path first = Files.createSymbolicLink(directory.resolve("first link"), Tool.script());
        Path second = Files.createSymbolicLink(directory.resolve("second"), directory.relativize(first));
        Tool.Result result = Tool.run(Tool.command(second, "--version").directory(directory.toFile()));
        assertThat(result.output()).startsWith("rpcrdma ");
        assertThat(result.status()).isZero();
    }

    @Test
    void worksInACheckoutWithBlanksInItsPath() throws Exception {
        Path script = checkout("check out");
        Files.createSymbolicLink(script.getParent().getParent().resolve("rpcrdma"), Tool.HOME.resolve("rpcrdma"));
        Tool.Result result = Tool.run(Tool.command(script, "info"));
        assertThat(result.output()).contains("Providers");
        assertThat(result.status()).isZero();
    }

    @Test
    void infoSaysWhereSettingsComeFrom() throws Exception {
        Path file = Files.writeString(directory.resolve("settings"), "rdma.inline=8192\nrdma.port.echo=20050\n");
        ProcessBuilder builder = Tool.command(Tool.script(), "info", "--set", "rdma.tos=8");
        builder.environment().put("ONCRPC_RDMA_CREDITS", "17");
        builder.environment().put("ONCRPC_RDMA_CONFIG", file.toString());
        String output = Tool.run(builder).output();
        assertThat(output).containsPattern("oncrpc.rdma.credits +17 +environment ONCRPC_RDMA_CREDITS\\n")
                .containsPattern("oncrpc.rdma.inline +8192 +file " + file + "\\n")
                .containsPattern("oncrpc.rdma.port.echo +20050 +file " + file)
                .containsPattern("oncrpc.rdma.tos +8 +--set\\n").containsPattern("oncrpc.rdma.loops +0 +default\\n");
    }

    @Test
    void aCheckoutThatIsNotBuiltIsTold() throws Exception {
        Tool.Result result = Tool.run(Tool.command(checkout("bare"), "info"));
        assertThat(result.output()).startsWith("rpcrdma: this checkout is not built");
        assertThat(result.status()).isOne();
    }

    @Test
    void aWrongJavaHomeIsTold() throws Exception {
        ProcessBuilder builder = Tool.command(Tool.script(), "info");
        builder.environment().put("JAVA_HOME", directory.toString());
        Tool.Result result = Tool.run(builder);
        assertThat(result.output()).startsWith("rpcrdma: JAVA_HOME is ").contains("JDK 17 or newer");
        assertThat(result.status()).isOne();
    }

    @Test
    void anOldJavaIsTold() throws Exception {
        Path old = Files.createDirectories(directory.resolve("bin")).resolve("java");
        Files.writeString(old, "#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n");
        assertThat(old.toFile().setExecutable(true)).isTrue();
        ProcessBuilder builder = Tool.command(Tool.script(), "info");
        builder.environment().put("JAVA_HOME", directory.toString());
        Tool.Result result = Tool.run(builder);
        assertThat(result.output()).contains("is Java 11; this needs 17 or newer");
        assertThat(result.status()).isOne();
    }

    @Test
    void whatItPrintsFitsTheTerminal() throws Exception {
        Path script = Path.of("/usr/bin/script");
        assumeTrue(Files.isExecutable(script), "there is no " + script + ", which makes a terminal");
        int columns = 70;
        String command = "stty cols " + columns + "; " + Tool.script();
        String findings = Tool.run(Tool.command(script, "-qec", command + " check --local", "/dev/null")).output();
        String tables = Tool.run(Tool.command(script, "-qec", command + " bench --transport tcp --operations null --depths 1 --seconds 0.1"
                + " --warm-up 0.05 --rounds 1 --no-system-calls", "/dev/null")).output();
        assertThat((findings + tables).replaceAll("\u001b\\[[0-9;]*m", "").lines())
                .anyMatch(line -> line.contains("open files")).anyMatch(line -> line.startsWith("per call") && line.endsWith("other"))
                .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(columns));
    }

    @Test
    void aWrongCommandLineGivesTwo() throws Exception {
        assertThat(Tool.run("no-such-command").status()).isEqualTo(2);
    }

    /** A checkout with nothing but the script. */
    private Path checkout(String name) throws Exception {
        Path bin = Files.createDirectories(directory.resolve(name).resolve("bin"));
        return Files.copy(Tool.script(), bin.resolve("rpcrdma"), java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
    }
}
