// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.Map;
import org.dcache.oncrpc4j.rdma.config.Settings;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class SettingsOptionTest {

    @CommandLine.Command
    static final class AnyCommand {
        @CommandLine.Mixin
        private SettingsOption settings;
    }

    private static SettingsOption given(String... words) {
        AnyCommand command = new AnyCommand();
        new CommandLine(command).parseArgs(words);
        return command.settings;
    }

    @Test
    void namesAreTakenWithAndWithoutThePrefix() {
        SettingsOption settings = given("--set", "rdma.inline=8192", "-s", "oncrpc.rdma.credits=7");
        assertThat(settings.properties()).containsOnly(Map.entry("oncrpc.rdma.inline", "8192"), Map.entry("oncrpc.rdma.credits", "7"));
        assertThat(settings.load().text(Settings.INLINE)).isEqualTo("8192");
        assertThat(settings.load().text(Settings.CREDITS)).isEqualTo("7");
    }

    @Test
    void aSettingOfTheCommandLineSaysSo() {
        assertThat(given("--set", "rdma.inline=8192").load().origin(Settings.INLINE)).isEqualTo("--set");
        assertThatExceptionOfType(CommandLine.ParameterException.class).isThrownBy(() -> given("--set", "rdma.inline=1").load())
                .withMessageStartingWith("oncrpc.rdma.inline=1 (--set): expected");
    }

    /** A command that tries one provider after the other names each itself. */
    @Test
    void whatACommandSetsItselfIsStrongerThanWhatWasGivenUnderEitherName() {
        for (String name : new String[] {"rdma.provider", "oncrpc.rdma.provider"}) {
            assertThat(given("--set", name + "=disni").load(Map.of("rdma.provider", "iwarp")).text(Settings.PROVIDER)).isEqualTo("iwarp");
        }
    }

    @Test
    void aListKeepsItsCommas() {
        assertThat(given("--set", "rdma.port=2049>20049,33115-33145>+10000").properties())
                .containsOnly(Map.entry("oncrpc.rdma.port", "2049>20049,33115-33145>+10000"));
    }
}
