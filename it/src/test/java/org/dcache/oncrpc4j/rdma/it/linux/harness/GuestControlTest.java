// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.linux.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** {@link GuestControl}, with the test in the place of the guest. */
class GuestControlTest {

    private final PipedOutputStream guest = new PipedOutputStream();
    private final ByteArrayOutputStream asked = new ByteArrayOutputStream();
    private final GuestControl control;

    GuestControlTest() throws IOException {
        control = new GuestControl("test", new PipedInputStream(guest), asked);
    }

    private void says(String text) throws IOException {
        guest.write(text.getBytes(StandardCharsets.UTF_8));
        guest.flush();
    }

    @Test
    void anAnswerIsWhatWasPrintedAndTheStatus() throws IOException {
        says("one\ntwo\n\u00043\n");
        assertThat(control.exec("print", Duration.ofMinutes(1))).isEqualTo(new GuestControl.Answer(3, "one\ntwo"));
        assertThat(asked).hasToString("print\n");
    }

    @Test
    void aGuestThatLeftACommandUnansweredIsNotAskedAgainAndItsLateAnswerIsNobodys() throws IOException {
        assertThatThrownBy(() -> control.exec("slow", Duration.ZERO)).isInstanceOf(GuestControl.NoAnswerException.class)
                .hasMessageContaining("'slow'");
        says("late\n\u00040\n");
        assertThatThrownBy(() -> control.exec("next", Duration.ofMinutes(1))).isInstanceOf(GuestControl.NoAnswerException.class)
                .hasMessageContaining("'slow'").hasMessageContaining("'next'");
        assertThat(asked).hasToString("slow\n");
    }

    @Test
    void theEndOfTheGuestIsToldToWhoWaits() throws IOException {
        guest.close();
        assertThatThrownBy(() -> control.exec("print", Duration.ofMinutes(1))).hasMessageContaining("ended");
    }
}
