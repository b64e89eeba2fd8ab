// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.iwarp.IwarpProvider;
import org.dcache.oncrpc4j.rdma.rpc.harness.LeakLedger;
import org.dcache.oncrpc4j.rdma.verbs.Adapter;
import org.dcache.oncrpc4j.rdma.verbs.Availability;
import org.dcache.oncrpc4j.rdma.verbs.VerbsProvider;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;
import org.junit.jupiter.api.Test;

/** A device that cannot be opened leaves nothing, whatever it fails with. */
class DevicePoolTest {

    private static final Error FAULT = new AssertionError("planted");
    private static final Configuration CONFIG = Configuration.of(Map.of("oncrpc.rdma.provider", "iwarp,rdma-core", "oncrpc.rdma.memory",
            "8m"));

    /** How one of its adapters is made. */
    private interface Maker {
        Adapter open(Configuration config) throws VerbsException;
    }

    private record Provider(String name, Maker maker) implements VerbsProvider {
        @Override
        public int preference() {
            return 0;
        }

        @Override
        public Availability availability() {
            return Availability.yes("there");
        }

        @Override
        public Adapter open(Configuration config) throws VerbsException {
            return maker.open(config);
        }
    }

    private static Adapter open(Configuration config) throws VerbsException {
        return new IwarpProvider().open(config);
    }

    /** Its memory cannot be registered. */
    private static Adapter broken(Configuration config) throws VerbsException {
        Adapter whole = open(config);
        return (Adapter) Proxy.newProxyInstance(DevicePoolTest.class.getClassLoader(), new Class<?>[] {Adapter.class},
                (proxy, method, arguments) -> {
            if (method.getName().equals("register")) {
                throw FAULT;
            }
            try {
                return method.invoke(whole, arguments);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        });
    }

    private static void fails(Maker second) {
        LeakLedger before = LeakLedger.snapshot();
        int users = SharedThreads.users();
        List<VerbsProvider> providers = List.of(new Provider("iwarp", DevicePoolTest::open), new Provider("rdma-core", second));
        assertThatThrownBy(() -> DevicePool.acquire(CONFIG, providers)).isSameAs(FAULT);
        assertThat(SharedThreads.users()).isEqualTo(users);
        LeakLedger.assertNothingLeaked(before);
    }

    @Test
    void aProviderThatFailsWithAnErrorLeavesNothingOpen() {
        fails(config -> {
            throw FAULT;
        });
    }

    @Test
    void aDeviceThatCannotBeMadeClosesItsAdapter() {
        fails(DevicePoolTest::broken);
    }
}
