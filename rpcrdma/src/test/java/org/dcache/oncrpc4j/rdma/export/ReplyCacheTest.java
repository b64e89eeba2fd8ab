// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.XdrValue;
import org.junit.jupiter.api.Test;

/** What is remembered of requests that must be done once, for how long, and what is given up first. */
class ReplyCacheTest {

    private static final XdrValue REPLY = xdr -> {};
    private static final int ROOM = 8;

    private long now;
    private final ReplyCache cache = new ReplyCache(ROOM * 2048, () -> now);

    private static ReplyCache.Key key(int client, int xid, Integer... caller) throws UnknownHostException {
        return new ReplyCache.Key(InetAddress.getByAddress(new byte[] {10, 0, 0, (byte) client}), xid, 9, List.of(caller), NfsText.of("d"));
    }

    /** Whether it was done before. */
    private boolean known(ReplyCache.Key key) {
        var earlier = cache.begin(key, 0);
        if (earlier == null) {
            cache.end(key, REPLY);
        }
        return earlier != null;
    }

    @Test
    void theSameCallFromAnotherUserIsAnother() throws UnknownHostException {
        assertThat(known(key(1, 5, 100, 200))).isFalse();
        assertThat(known(key(1, 5, 101, 200))).isFalse();
        assertThat(known(key(1, 5, 100, 200, 300))).isFalse();
        assertThat(known(key(1, 5, 100, 200))).isTrue();
    }

    @Test
    void afterTwoMinutesItIsANewCall() throws UnknownHostException {
        known(key(1, 5));
        now += TimeUnit.SECONDS.toNanos(119);
        assertThat(known(key(1, 5))).isTrue();
        now += TimeUnit.SECONDS.toNanos(2);
        assertThat(known(key(1, 5))).isFalse();
    }

    @Test
    void aClientWithManyCallsGivesUpItsOwnReplies() throws UnknownHostException {
        known(key(1, 1));
        for (int xid = 0; xid < 10 * ROOM; xid++) {
            known(key(2, xid));
        }
        assertThat(known(key(1, 1))).isTrue();
        assertThat(known(key(2, 10 * ROOM - 1))).isTrue();
        assertThat(known(key(2, 1))).isFalse();
    }

    @Test
    void whatIsAtWorkIsNeverGivenUp() throws UnknownHostException {
        for (int xid = 0; xid < 2 * ROOM; xid++) {
            assertThat(cache.begin(key(1, xid), 0)).isNull();
        }
        for (int xid = 0; xid < 2 * ROOM; xid++) {
            assertThat(cache.begin(key(1, xid), 0)).isNotNull();
            cache.end(key(1, xid), REPLY);
        }
    }

    @Test
    void aCallThatWasNotAnsweredIsForgottenAndItsDuplicateToldSo() throws UnknownHostException {
        cache.begin(key(1, 5), 0);
        var duplicate = cache.begin(key(1, 5), 0);
        cache.end(key(1, 5), null);
        assertThat(duplicate).isCompletedExceptionally();
        assertThat(known(key(1, 5))).isFalse();
    }
}
