// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Which counters are problems, and what is kept of each. */
class ProblemsTest {

    /** Words of refusals, drops and errors, wherever they stand in a name. */
    private static final String BAD = ".*(REFUSED|REJECTED|DROPPED|DENIED|FAILED|ERR_|ERROR|TIMEOUT|OVERRUN|OVERSENT|EXHAUSTED|LOST|"
            + "FULL|BAD_|RESET|SILENT|TERMINATE|REMOVED|NOT_READY|NOT_WRITTEN|EARLY|GONE|NO_RTR|MARKERS|RPC_OVER_TCP|HARDWAY|FORGOTTEN|"
            + "ABANDONED).*";

    /**
     * Those of them that are none: a refusal of our upper layer counts by its cause there, a full send queue and a loop without a regbuf
     * just go another way.
     */
    private static final Set<String> NONE_THE_LESS = Set.of("iwarp.rejected", "rdmacore.rejected", "disni.rejected",
            "rdmacore.send_queue_full", "xprt.regbuf_not_ready");

    private enum Probe implements CounterName {
        BROKEN, WORKED;

        @Override
        public String group() {
            return "problems-test";
        }

        @Override
        public Severity severity() {
            return this == BROKEN ? Severity.PROBLEM : Severity.NORMAL;
        }
    }

    @Test
    void everyCounterSaysWhatItIsAndWhatSoundsLikeAProblemIsOne() throws Exception {
        List<CounterName> counters = new ArrayList<>();
        for (JavaClass c : new ClassFileImporter().withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("org.dcache.oncrpc4j.rdma")) {
            if (c.isEnum() && c.isAssignableTo(CounterName.class)) {
                assertThat(c.tryGetMethod("problem")).as("a say of its own in " + c.getName()).isEmpty();
                for (Object constant : Class.forName(c.getName()).getEnumConstants()) {
                    counters.add((CounterName) constant);
                }
            }
        }
        assertThat(counters).hasSizeGreaterThan(150);
        assertThat(CounterName.class.getMethod("severity").isDefault()).as("a default").isFalse();
        assertThat(counters).allSatisfy(counter -> {
            assertThat(counter.severity()).as(counter.label()).isNotNull();
            if (counter.name().matches(BAD)) {
                assertThat(counter.problem()).as(counter.label()).isNotEqualTo(NONE_THE_LESS.contains(counter.label()));
            }
        });
    }

    private static ProblemMXData probe() {
        return Counters.process().lastProblems().stream().filter(problem -> problem.getCounter().equals("problems-test.broken"))
                .findFirst().orElseThrow();
    }

    @Test
    void theLastProblemHasItsPeerAndCauseHoweverItWasCounted() {
        Counters service = Counters.process().child();
        Counters connection = service.toward(InetSocketAddress.createUnresolved("peer", 1));
        long before = service.get(Probe.BROKEN);
        connection.increment(Probe.BROKEN, "a wrong word");
        connection.increment(Probe.WORKED);
        assertThat(service.get(Probe.BROKEN) - before).as("it counts in the set").isEqualTo(1);
        assertThat(connection.get(Probe.BROKEN)).isEqualTo(service.get(Probe.BROKEN));
        assertThat(connection.snapshot()).isEqualTo(service.snapshot());
        assertThat(probe().getPeer()).contains("peer").endsWith(":1");
        assertThat(probe().getCause()).isEqualTo("a wrong word");
        assertThat(probe().getLast()).isCloseTo(System.currentTimeMillis(), within(60_000L));
        connection.increment(Probe.BROKEN);
        assertThat(probe().getCause()).isEmpty();
        service.increment(Probe.BROKEN, "somebody", null);
        assertThat(probe().getPeer()).isEqualTo("somebody");
        service.increment(Probe.BROKEN);
        assertThat(probe().getPeer()).isEmpty();
        assertThat(Counters.process().lastProblems()).extracting(ProblemMXData::getCounter).doesNotContain("problems-test.worked");
    }

    @Test
    void theRateIsThatOfTheLastMinuteAndFades() {
        Problem problem = new Problem();
        long second = TimeUnit.SECONDS.toNanos(1);
        long start = -3 * second;
        for (int i = 0; i < 600; i++) {
            problem.happened(1, start + i * second, null, null);
        }
        assertThat(problem.look("x", start + 600 * second).getPerMinute()).isBetween(55.0, 65.0);
        assertThat(problem.look("x", start + 1200 * second).getPerMinute()).isLessThan(0.01);
    }
}
