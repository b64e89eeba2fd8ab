// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.dcache.oncrpc4j.rdma.tool.bench.app.Operation;
import org.dcache.oncrpc4j.rdma.tool.bench.app.Point;
import org.junit.jupiter.api.Test;

class ReportTest {

    private static final Point READ = new Point(Operation.READ, 1 << 20, 8);

    private static Report report(String... transports) {
        List<Result> results = Stream.of(transports).map(transport -> ResultTest.result(transport, READ,
                ResultTest.slice(List.of("direct", "limit", "rdma", "tcp").indexOf(transport) + 1, 1_000_000_000L, 1000, 0, 0))).toList();
        return new Report(results);
    }

    @Test
    void eachRowSaysTcpRdmaLimitAndTheShares() {
        assertThat(report("tcp", "rdma", "limit", "direct").rates().render())
                .containsPattern("read 1 MiB depth 8 +4\\.00 .* 3\\.00 .* 0\\.75x +2\\.00 +150% +1\\.00 +300%\n");
    }

    @Test
    void withoutALimitThereIsNoColumnForIt() {
        assertThat(report("tcp", "rdma").rates().render()).contains("0.75x").doesNotContain("limit");
    }
}
