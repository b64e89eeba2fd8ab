// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.dcache.oncrpc4j.rdma.tool.bench.app.Operation;
import org.dcache.oncrpc4j.rdma.tool.bench.app.Point;
import org.junit.jupiter.api.Test;

class JsonReportTest {

    private static final String KEYS =
            "run, transport, operation, size, depth, ops_per_s, mb_per_s, p50_us, p99_us, syscalls_per_op, alloc_bytes_per_op";

    private static String run(List<Result> results) {
        return JsonReport.of(new TreeMap<>(Map.of(1, results)));
    }

    @Test
    void everyRunIsTold() {
        List<Result> results = List.of(ResultTest.result("rdma", new Point(Operation.NULL, 0, 1), ResultTest.slice(10, 1000, 5, 1, 5)));
        assertThat(JsonReport.of(new TreeMap<>(Map.of(1, results, 2, results))).lines().filter(line -> line.contains("{")))
                .satisfiesExactly(first -> assertThat(first).contains("\"run\": 1,"), last -> assertThat(last).contains("\"run\": 2,"));
    }

    @Test
    void everyObjectHasExactlyTheseKeysInThisOrder() {
        String json = run(List.of(ResultTest.result("tcp", new Point(Operation.READ, 4096, 8),
                ResultTest.slice(10, 1000, 5, 1, 1)),
                ResultTest.result("rdma", new Point(Operation.NULL, 0, 1), ResultTest.slice(10, 1000, 5, 1, 1))));
        List<String> objects = json.lines().filter(line -> line.contains("{")).toList();
        assertThat(objects).hasSize(2).allSatisfy(object ->
                assertThat(String.join(", ", object.replaceAll("[^a-z0-9_\": ,]", "").replaceAll("\"([a-z0-9_]+)\": [^,]*", "$1").strip()
                        .split(", *")))
                        .isEqualTo(KEYS));
    }

    @Test
    void whatWasNotCountedIsNull() {
        assertThat(run(List.of(ResultTest.result("rdma", new Point(Operation.NULL, 0, 1), ResultTest.slice(10, 1000, 5, -1, 5)))))
                .contains("\"syscalls_per_op\": null").contains("\"alloc_bytes_per_op\": null");
    }

    @Test
    void numbersDoNotFollowTheMachinesLanguage() {
        Locale before = Locale.getDefault();
        Locale.setDefault(Locale.GERMANY);
        try {
            Result r = new Result("tcp", new Point(Operation.WRITE, 1 << 20, 8), List.of(ResultTest.slice(3, 2_000_000_000L, 1500, 9, 9)),
                    Optional.of(new SystemCalls(new CallCounts(2, Map.of("read", 3L)), new CallCounts(2, Map.of("futex", 3L)))));
            assertThat(run(List.of(r))).isEqualTo("[\n  {\"run\": 1, \"transport\": \"tcp\", \"operation\": \"write\", \"size\": 1048576, "
                    + "\"depth\": 8, \"ops_per_s\": 1.500, \"mb_per_s\": 1.573, \"p50_us\": 1.500, \"p99_us\": 1.500, "
                    + "\"syscalls_per_op\": 1.500, \"alloc_bytes_per_op\": 6.000}\n]\n");
        } finally {
            Locale.setDefault(before);
        }
    }
}
