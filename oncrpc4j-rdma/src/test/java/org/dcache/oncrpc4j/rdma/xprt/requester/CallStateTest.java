// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.requester;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.dcache.oncrpc4j.rdma.xprt.link.SendListener;
import org.junit.jupiter.api.Test;

/**
 * All orders in which the sender of a call, its reply, its caller that gives it up and the end of its connection can meet. Since each move
 * is one step under the call's monitor, the orders of their steps are all that can happen.
 */
class CallStateTest {

    /** One order of steps: the call, what was done with it, and who has steps left. */
    private static final class Meeting {
        final CallState call = new CallState();
        final List<List<Step>> actors = new ArrayList<>();
        final int[] next;
        boolean building;
        boolean posted;
        boolean ended;
        int fences;
        int told;

        Meeting(boolean queued, boolean refused, boolean reply, int abandons, boolean end) {
            if (queued) {
                call.queued();
            }
            actors.add(refused ? List.of(step(this::build), step(this::refuse), step(this::fenceRefused))
                    : List.of(step(this::build), step(this::arm), step(this::post)));
            if (reply) {
                actors.add(List.of(new Step(() -> posted, this::reply)));
            }
            for (int i = 0; i < abandons; i++) {
                actors.add(giveUp());
            }
            if (end) {
                actors.add(List.of(step(this::end)));
            }
            next = new int[actors.size()];
        }

        void build() {
            building = call.build();
        }

        void refuse() {
            if (building) {
                call.refused();
                told++; // by its SendListener
            }
        }

        void fenceRefused() {
            if (building) {
                fence();
            }
        }

        void arm() {
            if (building) {
                call.arm();
                posted = true;
            }
        }

        void post() {
            if (building) {
                due(call.posted());
            }
        }

        void reply() {
            if (call.answered() == CallState.Answer.WANTED) {
                fence();
                told++;
            }
        }

        void end() {
            ended = true;
            due(call.end());
        }

        /** Gives it up and waits, as {@link Requester#abandon(int)}. */
        private List<Step> giveUp() {
            boolean[] fencePassed = {false};
            boolean[] waits = {false};
            return List.of(step(() -> {
                CallState.Due due = call.abandon();
                due(due);
                waits[0] = due == CallState.Due.WAIT || due == CallState.Due.GIVE_UP;
                if (waits[0]) {
                    call.whenFenced(() -> fencePassed[0] = true);
                }
            }), new Step(() -> !waits[0] || fencePassed[0], () -> told += waits[0] && call.state() == CallState.State.ABANDONED ? 1 : 0));
        }

        private void due(CallState.Due due) {
            switch (due) {
                case WITHDRAW, FAIL -> told++;
                case GIVE_UP -> fence();
                case FENCE_AND_FAIL -> {
                    fence();
                    told++;
                }
                default -> {}
            }
        }

        private void fence() {
            fences++;
            call.fenced();
        }
    }

    private record Step(BooleanSupplier possible, Runnable action) {}

    private static Step step(Runnable action) {
        return new Step(() -> true, action);
    }

    private interface Maker {
        Meeting make();
    }

    /** Runs every order; returns how many there were. */
    private static int everyOrder(Maker maker, List<Integer> order) {
        Meeting meeting = maker.make();
        for (int actor : order) {
            meeting.actors.get(actor).get(meeting.next[actor]++).action().run();
        }
        int orders = 0;
        boolean left = false;
        for (int actor = 0; actor < meeting.next.length; actor++) {
            List<Step> steps = meeting.actors.get(actor);
            if (meeting.next[actor] == steps.size()) {
                continue;
            }
            // A reply that can never come, since nothing was posted, is nothing that is left to do.
            left |= meeting.next[0] < meeting.actors.get(0).size() || meeting.posted || actor != 1 || steps.size() > 1;
            if (steps.get(meeting.next[actor]).possible().getAsBoolean()) {
                order.add(actor);
                orders += everyOrder(maker, order);
                order.remove(order.size() - 1);
            }
        }
        if (orders > 0) {
            return orders;
        }
        assertThat(left).as("somebody waits for ever: %s", order).isFalse();
        boolean over = meeting.told > 0;
        assertThat(over || !meeting.ended).as("its connection has ended, so it is over: %s", order).isTrue();
        assertThat(meeting.told).as("ends that its caller heard of: %s", order).isLessThanOrEqualTo(1);
        assertThat(meeting.fences).as("fences: %s", order).isEqualTo(meeting.building && over ? 1 : 0);
        assertThat(over).as("told: %s", order)
                .isEqualTo(meeting.call.state() == CallState.State.DONE || meeting.call.state() == CallState.State.ABANDONED);
        return 1;
    }

    private static int everyOrder(Maker maker) {
        return everyOrder(maker, new ArrayList<>());
    }

    @Test
    void aCallThatIsPostedAnsweredGivenUpAndCutOffEndsOnceAndNobodyWaitsForEver() {
        for (boolean queued : new boolean[] {false, true}) {
            assertThat(everyOrder(() -> new Meeting(queued, false, false, 0, true))).isEqualTo(4);
            assertThat(everyOrder(() -> new Meeting(queued, false, false, 1, true))).isGreaterThan(30);
            assertThat(everyOrder(() -> new Meeting(queued, false, true, 1, true))).isGreaterThan(100);
            assertThat(everyOrder(() -> new Meeting(queued, false, true, 2, true))).isGreaterThan(1_000);
        }
    }

    /** The thread that gives it up may come before, between and after the steps of the one that undoes it. */
    @Test
    void aCallThatCannotBeBuiltIsOverBeforeItsFenceHasPassed() {
        for (boolean queued : new boolean[] {false, true}) {
            assertThat(everyOrder(() -> new Meeting(queued, true, false, 1, true))).isGreaterThan(30);
            assertThat(everyOrder(() -> new Meeting(queued, true, false, 2, true))).isGreaterThan(300);
        }
    }

    @Test
    void onlyACallThatIsOutIsAnswered() {
        CallState call = new CallState();
        assertThat(call.answered()).isEqualTo(CallState.Answer.UNEXPECTED);
        call.queued();
        assertThat(call.answered()).isEqualTo(CallState.Answer.UNEXPECTED);
        call.build();
        assertThat(call.answered()).isEqualTo(CallState.Answer.UNEXPECTED);
        call.arm();
        assertThat(call.answered()).isEqualTo(CallState.Answer.WANTED);
        assertThat(call.answered()).isEqualTo(CallState.Answer.UNEXPECTED);
        assertThat(call.posted()).isEqualTo(CallState.Due.NOTHING);
    }

    @Test
    void theAnswerToACallThatWasGivenUpIsLate() {
        CallState call = new CallState();
        call.build();
        call.arm();
        assertThat(call.abandon()).isEqualTo(CallState.Due.WAIT);
        assertThat(call.posted()).isEqualTo(CallState.Due.GIVE_UP);
        assertThat(call.abandon()).isEqualTo(CallState.Due.NOTHING);
        assertThat(call.answered()).isEqualTo(CallState.Answer.LATE);
        assertThat(call.state()).isEqualTo(CallState.State.ABANDONED);
    }

    @Test
    void aCallThatWasGivenUpIsNeitherQueuedNorSent() {
        CallState call = new CallState();
        assertThat(call.abandon()).isEqualTo(CallState.Due.WITHDRAW);
        assertThat(call.queued()).isFalse();
        assertThat(call.build()).isFalse();
        assertThat(call.end()).isEqualTo(CallState.Due.NOTHING);
    }
}
