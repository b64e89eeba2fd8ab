// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.dcache.oncrpc4j.rdma.disni.DisniCounter;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpCounter;
import org.dcache.oncrpc4j.rdma.iwarp.shared.IwarpGauge;
import org.dcache.oncrpc4j.rdma.iwarp.wire.TerminateCode;
import org.dcache.oncrpc4j.rdma.metrics.MetricName;
import org.dcache.oncrpc4j.rdma.rdmacore.device.RdmaCoreCounter;
import org.dcache.oncrpc4j.rdma.rpc.RpcCounter;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtCounter;
import org.dcache.oncrpc4j.rdma.xprt.counters.XprtGauge;
import org.junit.jupiter.api.Test;

/** {@code docs/operations.md} names every counter and gauge once as the subject of a table's line, and none that there is not. */
class OperationsDocTest {

    private static final Pattern LABEL = Pattern.compile("`([a-z]+\\.[a-z_.]+)`");

    private static List<String> firstCells() throws Exception {
        URI classes = OperationsDocTest.class.getProtectionDomain().getCodeSource().getLocation().toURI();
        // The module's target/test-classes; the page is in the folder above the module.
        Path doc = Path.of(classes).resolve("../../../docs/operations.md").normalize();
        return Files.readAllLines(doc).stream().filter(line -> line.startsWith("| `")).map(line -> line.substring(1, line.indexOf('|', 1)))
                .toList();
    }

    @Test
    void everyCounterIsExplainedOnceAndNothingElseIs() throws Exception {
        Set<String> explained = new TreeSet<>();
        for (String cell : firstCells()) {
            Matcher matcher = LABEL.matcher(cell);
            while (matcher.find()) {
                assertThat(explained.add(matcher.group(1))).as("second line of " + matcher.group(1)).isTrue();
            }
        }
        Stream<MetricName> all = Stream.of(XprtCounter.values(), XprtGauge.values(), IwarpGauge.values(), IwarpCounter.values(),
                TerminateCode.values(),
                        DisniCounter.values(), RdmaCoreCounter.values(), RpcCounter.values())
                .flatMap(Arrays::stream);
        assertThat(explained).containsExactlyInAnyOrderElementsOf(all.map(MetricName::label).toList());
    }
}
