// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class PendingCallTest {

    private static final int ROUNDS = 300_000;

    private static PendingCall in(PendingCall.State state) {
        PendingCall call = new PendingCall(null, 1, null);
        assertThat(call.move(PendingCall.State.REGISTERED, state)).isTrue();
        return call;
    }

    @ParameterizedTest
    @EnumSource(value = PendingCall.State.class, names = {"SENDING", "SENT"})
    void aReplyEndsACallThatIsOut(PendingCall.State state) {
        PendingCall call = in(state);
        assertThat(call.answered()).isTrue();
        assertThat(call.state()).isEqualTo(PendingCall.State.DONE);
        assertThat(call.answered()).isFalse();
    }

    @ParameterizedTest
    @EnumSource(value = PendingCall.State.class, names = {"REGISTERED", "BACKLOG", "ABANDONED", "DONE"})
    void aReplyDoesNotEndACallThatIsNotOut(PendingCall.State state) {
        PendingCall call = in(state);
        assertThat(call.answered()).isFalse();
        assertThat(call.state()).isEqualTo(state);
    }

    /** The reply comes while the sender is about to note that the call is sent: the reply must find it, in whichever order. */
    @Test
    void aReplyIsNotLostWhileTheSenderNotesThatItIsSent() throws InterruptedException {
        AtomicReference<PendingCall> posted = new AtomicReference<>();
        AtomicBoolean over = new AtomicBoolean();
        Thread sender = new Thread(() -> {
            while (!over.get()) {
                PendingCall call = posted.get();
                if (call != null) {
                    call.move(PendingCall.State.SENDING, PendingCall.State.SENT);
                }
            }
        });
        sender.start();
        int lost = 0;
        for (int i = 0; i < ROUNDS; i++) {
            PendingCall call = in(PendingCall.State.SENDING);
            posted.set(call);
            if (!call.answered()) {
                lost++;
            }
        }
        over.set(true);
        sender.join();
        assertThat(lost).isZero();
    }
}
