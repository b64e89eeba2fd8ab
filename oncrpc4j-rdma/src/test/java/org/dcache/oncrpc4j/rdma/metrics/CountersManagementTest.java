// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.openmbean.TabularData;
import org.junit.jupiter.api.Test;

class CountersManagementTest {

    private enum Probe implements CounterName {
        SEEN_BY_JMX;

        @Override
        public String group() {
            return "probe";
        }

        @Override
        public Severity severity() {
            return Severity.NORMAL;
        }
    }

    private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();

    @Test
    void processCountersAreReadWithJdkTypesOnly() throws Exception {
        CountersManagement.acquire();
        try {
            long before = read("probe.seen_by_jmx");
            Counters.process().child().add(Probe.SEEN_BY_JMX, 5);
            assertThat(read("probe.seen_by_jmx") - before).isEqualTo(5);
        } finally {
            CountersManagement.release();
        }
    }

    @Test
    void theLastUserTakesTheBeanAway() throws Exception {
        CountersManagement.acquire();
        CountersManagement.acquire();
        CountersManagement.release();
        assertThat(server.isRegistered(new ObjectName(CountersManagement.NAME))).isTrue();
        CountersManagement.release();
        assertThat(server.isRegistered(new ObjectName(CountersManagement.NAME))).isFalse();
    }

    @Test
    void anotherLoadersBeanGetsANameOfItsOwn() throws Exception {
        CountersManagement.acquire();
        URL classes = CountersManagement.class.getProtectionDomain().getCodeSource().getLocation();
        try (OwnClassesFirst loader = new OwnClassesFirst(classes)) {
            Class<?> other = loader.loadClass(CountersManagement.class.getName());
            Method acquire = other.getMethod("acquire");
            acquire.invoke(null);
            try {
                assertThat(server.isRegistered(new ObjectName(CountersManagement.NAME + ",id=2"))).isTrue();
            } finally {
                other.getMethod("release").invoke(null);
            }
            assertThat(server.isRegistered(new ObjectName(CountersManagement.NAME))).isTrue();
            assertThat(server.isRegistered(new ObjectName(CountersManagement.NAME + ",id=2"))).isFalse();
        } finally {
            CountersManagement.release();
        }
    }

    private long read(String label) throws Exception {
        TabularData table = (TabularData) server.getAttribute(new ObjectName(CountersManagement.NAME), "Counters");
        var row = table.get(new Object[] {label});
        return row == null ? 0 : (Long) row.get("value");
    }

    /** Defines the metrics package itself, as a second web application's loader would. */
    private static final class OwnClassesFirst extends URLClassLoader {
        OwnClassesFirst(URL classes) {
            super(new URL[] {classes}, CountersManagementTest.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (name.startsWith("org.dcache.oncrpc4j.rdma.metrics.")) {
                Class<?> c = findLoadedClass(name);
                return c != null ? c : findClass(name);
            }
            return super.loadClass(name, resolve);
        }
    }
}
