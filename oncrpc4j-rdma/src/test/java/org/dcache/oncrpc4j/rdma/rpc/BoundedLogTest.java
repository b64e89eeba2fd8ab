// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.helpers.MessageFormatter;

class BoundedLogTest {

    private static final long MINUTE = 60_000_000_000L;

    private final List<String> lines = new ArrayList<>();
    private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - MINUTE / 2);
    private final BoundedLog log = new BoundedLog(logger(), clock::get);

    private Logger logger() {
        return (Logger) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {Logger.class}, (proxy, method, arguments) -> {
            boolean array = arguments[1] instanceof Object[];
            lines.add(array ? MessageFormatter.arrayFormat((String) arguments[0], (Object[]) arguments[1]).getMessage()
                    : MessageFormatter.format((String) arguments[0], arguments[1], arguments[2]).getMessage());
            return null;
        });
    }

    @Test
    void aFloodIsCutOffAndItsLengthToldWithTheNextLine() {
        for (int i = 0; i < 1000; i++) {
            log.info("peer {} did {}", i, "it");
        }
        assertThat(lines).hasSize(200).startsWith("peer 0 did it").endsWith("peer 199 did it");

        clock.addAndGet(MINUTE);
        log.info("peer {} again", "x");
        assertThat(lines.subList(200, lines.size())).containsExactly("800 lines like the next were left out, more than 200 a minute",
                "peer x again");
        log.info("peer {} again", "y");
        assertThat(lines).endsWith("peer y again").hasSize(203);
    }
}
