// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.verbs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.config.ConfigurationException;
import org.junit.jupiter.api.Test;

/** What an adapter and its users may have of direct memory. */
class MemoryBudgetTest {

    /** Prints the limit, in a JVM of its own. */
    public static final class Limit {
        public static void main(String[] args) {
            System.out.print(MemoryBudget.maxDirectMemory());
        }
    }

    /** Prints what a JVM without the setting gets, in a JVM of its own. */
    static final class Unset {

        private Unset() {}

        public static void main(String[] args) {
            try {
                System.out.print(MemoryBudget.bytes(Configuration.of(Map.of())));
            } catch (ConfigurationException e) {
                System.out.print(e.getMessage());
            }
        }
    }

    private static String limitIn(String... options) throws Exception {
        return printedBy(Limit.class, options);
    }

    private static String printedBy(Class<?> program, String... options) throws Exception {
        String[] command = new String[options.length + 4];
        command[0] = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        System.arraycopy(options, 0, command, 1, options.length);
        command[options.length + 1] = "-cp";
        command[options.length + 2] = System.getProperty("java.class.path");
        command[options.length + 3] = program.getName();
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    @Test
    void theJvmsOwnLimitIsRead() throws Exception {
        assertThat(limitIn("-XX:MaxDirectMemorySize=123m")).isEqualTo(Long.toString(123L << 20));
    }

    /** As in containers with a runtime of their own. */
    @Test
    void aRuntimeWithoutTheManagementModuleAllowsAsMuchAsTheHeap() throws Exception {
        assertThat(limitIn("--limit-modules=java.base,java.management,java.logging,java.xml", "-XX:+UseSerialGC", "-Xmx64m", "-Xms64m",
                "-XX:MaxDirectMemorySize=123m"))
                .matches("6[0-9]{7}");
    }

    @Test
    void moreThanTheJvmAllowsIsAnErrorAtTheStart() {
        Configuration config = Configuration.of(Map.of("oncrpc.rdma.memory", "1000000g"));
        assertThatThrownBy(() -> MemoryBudget.of(config)).isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("MaxDirectMemorySize");
    }

    /** Calls that are larger than the whole budget would wait for ever. */
    @Test
    void aJvmWithLittleDirectMemoryHasEnoughOrDoesNotStart() throws Exception {
        assertThat(printedBy(Unset.class, "-XX:MaxDirectMemorySize=64m")).isEqualTo(Long.toString(16L << 20));
        assertThat(printedBy(Unset.class, "-XX:MaxDirectMemorySize=9m")).isEqualTo(Long.toString(8L << 20));
        assertThat(printedBy(Unset.class, "-XX:MaxDirectMemorySize=4m")).isEqualTo("oncrpc.rdma.memory=auto: expected at least 8m of "
                + "direct memory, the JVM allows 4m; raise -XX:MaxDirectMemorySize");
    }

    @Test
    void nothingIsTakenTwice() {
        MemoryBudget budget = new MemoryBudget(100);
        assertThat(budget.tryReserve(60)).isTrue();
        assertThat(budget.tryReserve(41)).isFalse();
        budget.reclaimer(() -> budget.release(30));
        assertThat(budget.reserve(41)).isTrue();
        assertThat(budget.used()).isEqualTo(71);
        budget.reserveAnyway(50);
        assertThat(budget.tryReserve(0)).isFalse();
        budget.release(121);
        assertThat(budget.used()).isZero();
    }
}
