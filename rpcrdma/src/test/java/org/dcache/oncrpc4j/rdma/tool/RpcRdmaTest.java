// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.stream.Stream;
import org.dcache.oncrpc4j.rdma.config.Settings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class RpcRdmaTest {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        return RpcRdma.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err)).execute(arguments);
    }

    static Stream<String> commands() {
        return RpcRdma.commandLine().getSubcommands().keySet().stream();
    }

    @ParameterizedTest
    @MethodSource("commands")
    void everyCommandHasHelpAndVersion(String command) {
        assertThat(run(command, "--help")).isEqualTo(RpcRdma.OK);
        assertThat(out.toString()).contains("Usage: rpcrdma " + command);
        out.getBuffer().setLength(0);
        if (command.equals("ping")) {
            // There it is the version of the RPC program and wants a number.
            assertThat(run(command, "localhost", "--version")).isEqualTo(RpcRdma.USAGE);
            return;
        }
        assertThat(run(command, "--version")).isEqualTo(RpcRdma.OK);
        assertThat(out.toString()).startsWith("rpcrdma ").doesNotContain("${");
    }

    @Test
    void theFirstLevelHasHelpAndVersion() {
        assertThat(run("--help")).isEqualTo(RpcRdma.OK);
        assertThat(out.toString()).contains("Commands:");
        assertThat(run("--version")).isEqualTo(RpcRdma.OK);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "no-such-command", "info --no-such-option", "info surplus", "info --set rdma.inline=1000",
        "info --set rdma.inlin=4096", "info --set inline=4096", "ping localhost --set inline=4096", "check localhost --set inline=4096",
        "serve --memory --set inline=4096", "serve --memory --transport tcp --set oncrpc.rdma.inlin=4096", "bench --set inline=4096",
        "bench --transport tcp --set oncrpc.rdma.inlin=4096", "bench --set rdma.inline=4096 --set oncrpc.rdma.inline=8192",
        "demo --agent"})
    void aWrongCommandLineIsToldAndGivesTwo(String line) {
        assertThat(run(line.isEmpty() ? new String[0] : line.split(" "))).isEqualTo(RpcRdma.USAGE);
        assertThat(err.toString()).isNotBlank();
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void infoShowsEverySettingWithItsOriginAndEveryKnownProvider() {
        assertThat(run("info", "--set", "rdma.credits=7")).isEqualTo(RpcRdma.OK);
        assertThat(out.toString()).containsPattern("oncrpc\\.rdma\\.credits +7 +--set")
                .containsPattern("oncrpc\\.rdma\\.inline +auto +default")
                .containsPattern("inline threshold where none is set.* 16384\n");
        Settings.all().forEach(setting -> assertThat(out.toString()).contains(setting.name()));
        assertThat(out.toString()).containsPattern("iwarp +available: ");
        Settings.PROVIDER_NAMES.forEach(name -> assertThat(out.toString()).contains("  " + name));
    }

    @Test
    void whatGoesWrongIsOneLineAndGivesOne() {
        CommandLine line = RpcRdma.commandLine();
        line.addSubcommand("fail", new Failing());
        line.setErr(new PrintWriter(err));
        assertThat(line.execute("fail")).isEqualTo(RpcRdma.FAILED);
        assertThat(err.toString()).isEqualTo("fail: no luck" + System.lineSeparator());
    }

    @CommandLine.Command(name = "fail")
    static final class Failing implements java.util.concurrent.Callable<Integer> {
        @Override
        public Integer call() {
            throw new IllegalStateException("no luck");
        }
    }
}
