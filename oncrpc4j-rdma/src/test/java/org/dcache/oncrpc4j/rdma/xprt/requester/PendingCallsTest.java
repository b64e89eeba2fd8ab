// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.requester;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** The table of pending calls is a map by xid. */
class PendingCallsTest {

    private static PendingCall call(int xid) {
        return new PendingCall(null, null, xid, null);
    }

    /** Few xids far apart, so that many meet in one chain and are added twice. */
    @Property(tries = 200)
    void itHoldsWhatWasAddedAndNotRemoved(@ForAll @Size(max = 300) List<@IntRange(min = -40, max = 40) Integer> moves) {
        PendingCalls calls = new PendingCalls();
        Map<Integer, PendingCall> model = new HashMap<>();
        for (int move : moves) {
            int xid = Math.abs(move) * 0x10001000;
            if (move >= 0) {
                PendingCall call = call(xid);
                assertThat(calls.add(call)).isEqualTo(model.putIfAbsent(xid, call) == null);
            } else {
                PendingCall known = model.remove(xid);
                assertThat(calls.remove(known != null ? known : call(xid))).isEqualTo(known != null);
            }
            assertThat(calls.get(xid)).isSameAs(model.get(xid));
            assertThat(calls.size()).isEqualTo(model.size());
        }
        assertThat(calls.all()).containsExactlyInAnyOrderElementsOf(model.values());
    }

    @Test
    void anotherCallWithTheSameXidIsNotRemoved() {
        PendingCalls calls = new PendingCalls();
        PendingCall one = call(7);
        calls.add(one);
        assertThat(calls.remove(call(7))).isFalse();
        assertThat(calls.get(7)).isSameAs(one);
    }

    @Test
    void itGrowsAndShrinksAndIsEmptyWhenAllAreTaken() {
        PendingCalls calls = new PendingCalls();
        for (int i = 0; i < 100_000; i++) {
            assertThat(calls.add(call(i * 3))).isTrue();
        }
        for (int i = 0; i < 99_990; i++) {
            assertThat(calls.remove(calls.get(i * 3))).isTrue();
        }
        assertThat(calls.all()).extracting(PendingCall::xid).contains(99_990 * 3, 99_999 * 3).hasSize(10);
        assertThat(calls.takeAll()).hasSize(10);
        assertThat(calls.size()).isZero();
        assertThat(calls.get(99_999 * 3)).isNull();
        assertThat(calls.add(call(5))).isTrue();
    }
}
