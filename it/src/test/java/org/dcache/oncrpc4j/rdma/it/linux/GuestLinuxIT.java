// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import org.dcache.oncrpc4j.rdma.it.linux.harness.GuestControl;
import org.dcache.oncrpc4j.rdma.it.linux.harness.LinuxGuest;
import org.dcache.oncrpc4j.rdma.it.linux.harness.PlainIwarp;
import org.dcache.oncrpc4j.rdma.it.linux.harness.ScenarioReport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The guests themselves, without our transport: what the other scenarios may rely on. */
@ExtendWith(ScenarioReport.class)
class GuestLinuxIT {

    private static final int TIMEOUT_MILLIS = 10_000;

    /** How long a first call may go unanswered before a second one is sent. */
    private static final int PATIENCE_MILLIS = 500;

    @ParameterizedTest
    @CsvSource({"stock, false", "crc, true"})
    void theKernelsNfsServerAnswersNullCallsOverSiw(String siw, boolean crc) throws IOException {
        try (LinuxGuest guest = LinuxGuest.bootNfsServer("guest-" + siw, siw)) {
            for (int version = 3; version <= 4; version++) {
                try (PlainIwarp connection = new PlainIwarp(guest.address(20049), TIMEOUT_MILLIS)) {
                    assertThat(connection.crc()).isEqualTo(crc);
                    Set<Integer> expected = new HashSet<>(Set.of(7));
                    connection.sendNullCall(7, version);
                    // the responder's race: a first FPDU that siw left unread is freed by a later second one
                    if (!connection.answersWithin(PATIENCE_MILLIS)) {
                        connection.sendNullCall(8, version);
                        expected.add(8);
                    }
                    while (!expected.isEmpty()) {
                        assertThat(expected.remove(connection.receiveNullReply())).isTrue();
                    }
                }
            }
            assertThat(Integer.parseInt(guest.run("cat /proc/sys/sunrpc/svc_rdma/rdma_stat_recv"))).isBetween(2, 4);
        }
    }

    @Test
    void theFixedDriverNeverLeavesAFirstCallUnread() throws IOException {
        try (LinuxGuest guest = LinuxGuest.bootNfsServer("guest-fixed", "fixed")) {
            for (int i = 0; i < 40; i++) {
                try (PlainIwarp connection = new PlainIwarp(guest.address(20049), TIMEOUT_MILLIS)) {
                    connection.sendNullCall(i, 3);
                    assertThat(connection.receiveNullReply()).isEqualTo(i);
                }
            }
        }
    }

    @Test
    void aCrashOfTheKernelIsReportedWithTheEndOfItsConsole() {
        LinuxGuest guest = LinuxGuest.boot("guest-crash");
        assertThatThrownBy(() -> guest.exec("echo c > /proc/sysrq-trigger")).isInstanceOf(GuestControl.NoAnswerException.class);
        assertThatThrownBy(guest::close).isInstanceOf(AssertionError.class).hasMessageContaining("ended by itself")
                .hasMessageContaining("sysrq");
    }

    @Test
    void commandsAreAnsweredAndAWarningOfTheKernelIsAFailure() {
        LinuxGuest guest = LinuxGuest.boot("guest-warning");
        assertThat(guest.exec("echo one; printf two >&2; exit 3")).isEqualTo(new GuestControl.Answer(3, "one\ntwo"));
        assertThatThrownBy(() -> guest.run("ls /nowhere")).hasMessageContaining("/nowhere");
        guest.run("echo '<4>WARNING: CPU: 0 PID: 1 at net/made-up.c:1' > /dev/kmsg");
        assertThatThrownBy(guest::close).isInstanceOf(AssertionError.class).hasMessageContaining("net/made-up.c:1");
    }
}
