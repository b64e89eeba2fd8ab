// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it;

import static org.assertj.core.api.Assertions.assertThat;

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
    void aWrongCommandLineGivesTwo() throws Exception {
        assertThat(Tool.run("no-such-command").status()).isEqualTo(2);
    }

    /** A checkout with nothing but the script. */
    private Path checkout(String name) throws Exception {
        Path bin = Files.createDirectories(directory.resolve(name).resolve("bin"));
        return Files.copy(Tool.script(), bin.resolve("rpcrdma"), java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
    }
}
