// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Duration;
import java.util.List;
import org.dcache.oncrpc4j.rdma.tool.app.Console;
import org.junit.jupiter.api.Test;

class ChildJvmTest {

    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final String MARK = "@test ";

    /** Echoes, but for what it refuses. */
    static final class Program {

        public static void main(String[] args) throws InterruptedException {
            Console console = new Console(MARK);
            System.out.println("not an answer");
            console.say("ready");
            console.serve(command -> {
                if (command.startsWith("refuse")) {
                    throw new IllegalArgumentException("expected a + b, got '" + command + "'");
                }
                return command;
            });
            console.say("bye");
        }
    }

    @Test
    void aCommandThatFailsIsToldAndTheNextOneIsServed() throws Exception {
        List<String> java = List.of("-cp", System.getProperty("java.class.path"), Program.class.getName());
        try (ChildJvm child = new ChildJvm("program", java, MARK, null)) {
            assertThat(child.answer(LIMIT)).isEqualTo("ready");
            assertThatExceptionOfType(ChildJvmException.class).isThrownBy(() -> child.ask("refuse ünsinn", LIMIT))
                    .withMessage("program: java.lang.IllegalArgumentException: expected a + b, got 'refuse ünsinn'");
            assertThat(child.ask("hello", LIMIT)).isEqualTo("hello");
            child.quit();
            assertThat(child.log()).contains("not an answer");
        }
    }
}
