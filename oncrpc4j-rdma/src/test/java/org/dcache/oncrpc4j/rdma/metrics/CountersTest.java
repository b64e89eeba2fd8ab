// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class CountersTest {

    private enum Probe implements CounterName {
        ONE_THING,
        OTHER_THING;

        @Override
        public String group() {
            return "probe";
        }

        @Override
        public Severity severity() {
            return Severity.NORMAL;
        }
    }

    @Test
    @DisplayName("a set counts in its parents too, and its siblings do not see it")
    void childrenCountInTheirParents() {
        Counters service = Counters.process().child();
        Counters connection = service.child();
        Counters other = service.child();
        long before = Counters.process().get(Probe.ONE_THING);

        connection.increment(Probe.ONE_THING);
        connection.add(Probe.ONE_THING, 4);
        other.increment(Probe.ONE_THING);

        assertThat(connection.get(Probe.ONE_THING)).isEqualTo(5);
        assertThat(other.get(Probe.ONE_THING)).isEqualTo(1);
        assertThat(service.get(Probe.ONE_THING)).isEqualTo(6);
        assertThat(Counters.process().get(Probe.ONE_THING) - before).isEqualTo(6);
    }

    @Test
    @DisplayName("what never counted is 0 and not in the snapshot; the rest is there by label")
    void snapshotHasWhatCounted() {
        Counters counters = Counters.process().child();
        counters.add(Probe.OTHER_THING, 3);

        assertThat(counters.get(Probe.ONE_THING)).isZero();
        assertThat(counters.snapshot()).isEqualTo(Map.of("probe.other_thing", 3L));
    }

    @Test
    @DisplayName("no count is lost between threads")
    void threads() throws Exception {
        Counters counters = Counters.process().child();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            Counters child = counters.child();
            Thread thread = new Thread(() -> {
                for (int i = 0; i < 10_000; i++) {
                    child.increment(Probe.ONE_THING);
                }
            });
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(counters.get(Probe.ONE_THING)).isEqualTo(40_000);
    }

    @Test
    @DisplayName("no two counters of the product share a label")
    void labelsAreDistinct() throws Exception {
        List<String> labels = new ArrayList<>();
        for (JavaClass c : new ClassFileImporter().withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("org.dcache.oncrpc4j.rdma")) {
            if (c.isEnum() && c.isAssignableTo(MetricName.class)) {
                for (Object constant : Class.forName(c.getName()).getEnumConstants()) {
                    labels.add(((MetricName) constant).label());
                }
            }
        }
        assertThat(labels).contains("xprt.sends", "xprt.regbuf_bytes").doesNotHaveDuplicates()
                .allMatch(l -> l.matches("[a-z]+(\\.[a-z_]+)+"));
    }
}
