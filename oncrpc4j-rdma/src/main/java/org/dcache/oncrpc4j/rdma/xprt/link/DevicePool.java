// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.xprt.link;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.config.Settings;
import org.dcache.oncrpc4j.rdma.metrics.Counters;
import org.dcache.oncrpc4j.rdma.verbs.Adapter;
import org.dcache.oncrpc4j.rdma.verbs.Availability;
import org.dcache.oncrpc4j.rdma.verbs.VerbsProvider;
import org.dcache.oncrpc4j.rdma.verbs.error.ProviderUnavailableException;
import org.dcache.oncrpc4j.rdma.verbs.error.VerbsException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The open devices of the process (kernel: {@code rpcrdma_ia_open}): one for each provider and set of settings, shared by all services,
 * opened with the first lease and closed with the last. Any thread, but no loop: opening and closing block.
 */
public final class DevicePool {

    private static final Logger LOG = LoggerFactory.getLogger(DevicePool.class);

    private record Key(String provider, Configuration config) {

        /**
         * Not the generated one: JDK 17's keeps the class that was compared last, and with it a web application's loader, alive for ever.
         */
        @Override
        public boolean equals(Object other) {
            return other instanceof Key key && provider.equals(key.provider) && config.equals(key.config);
        }

        @Override
        public int hashCode() {
            return 31 * provider.hashCode() + config.hashCode();
        }
    }

    /** Where an endpoint gets its devices from: {@link DevicePool#acquire(Configuration)}. */
    @FunctionalInterface
    public interface Source {

        /** @throws VerbsException see {@link DevicePool#acquire(Configuration)} */
        List<Lease> acquire(Configuration config) throws VerbsException;
    }

    private static final class Entry {
        private final RdmaDevice device;
        private int leases;

        Entry(RdmaDevice device) {
            this.device = device;
        }
    }

    private static final Map<Key, Entry> OPEN = new LinkedHashMap<>();

    private DevicePool() {}

    /** A share of a device; closing it twice is harmless. */
    public static final class Lease implements AutoCloseable {
        private final Key key;
        private final RdmaDevice device;
        private boolean closed;

        private Lease(Key key, RdmaDevice device) {
            this.key = key;
            this.device = device;
        }

        public RdmaDevice device() {
            return device;
        }

        @Override
        public void close() {
            synchronized (this) {
                if (closed) {
                    return;
                }
                closed = true;
            }
            giveBack(key);
        }
    }

    /**
     * Opens what {@code oncrpc.rdma.provider} names: all that are named, or with {@code auto} the first that is available.
     *
     * @throws ProviderUnavailableException one line that says for each provider what is missing; nothing stays open
     */
    public static List<Lease> acquire(Configuration config) throws VerbsException {
        List<VerbsProvider> providers;
        try {
            providers = installed();
        } catch (ServiceConfigurationError e) {
            throw new ProviderUnavailableException("no RDMA: the providers cannot be looked up: " + e.getMessage()
                    + (e.getCause() == null ? "" : ": " + e.getCause().getMessage()), e);
        }
        return acquire(config, providers);
    }

    /** The same with these providers to choose from, in this order. */
    public static List<Lease> acquire(Configuration config, List<VerbsProvider> providers) throws VerbsException {
        List<String> wanted = config.get(Settings.PROVIDER);
        boolean auto = wanted.contains("auto");
        List<Lease> leases = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        try {
            for (VerbsProvider provider : providers) {
                if (!auto && !wanted.contains(provider.name()) || auto && !leases.isEmpty()) {
                    continue;
                }
                Availability availability = provider.availability();
                Optional<String> declined = auto && availability.available() ? provider.declinesAuto(config) : Optional.empty();
                if (!availability.available()) {
                    missing.add(provider.name() + ": " + availability.reason());
                } else if (declined.isPresent()) {
                    missing.add(provider.name() + ": " + declined.get());
                } else {
                    leases.add(lease(provider, config));
                }
            }
        } catch (VerbsException | RuntimeException | Error e) {
            leases.forEach(Lease::close);
            throw e;
        }
        if (!auto) {
            List<String> names = providers.stream().map(VerbsProvider::name).toList();
            wanted.stream().filter(name -> !names.contains(name)).forEach(name -> missing.add(name + ": not part of this installation"));
        }
        if (leases.isEmpty() || !auto && !missing.isEmpty()) {
            leases.forEach(Lease::close);
            throw new ProviderUnavailableException("no RDMA: " + String.join("; ", missing));
        }
        missing.forEach(reason -> LOG.info("RDMA provider not used: {}", reason));
        return leases;
    }

    /** The providers that are installed, in the order in which {@code auto} tries them. */
    public static List<VerbsProvider> installed() {
        return ServiceLoader.load(VerbsProvider.class, DevicePool.class.getClassLoader()).stream().map(ServiceLoader.Provider::get)
                .sorted(Comparator.comparingInt(VerbsProvider::preference)).toList();
    }

    private static synchronized Lease lease(VerbsProvider provider, Configuration config) throws VerbsException {
        Key key = new Key(provider.name(), config);
        Entry entry = OPEN.get(key);
        if (entry == null) {
            ScheduledThreadPoolExecutor timer = SharedThreads.acquireTimer();
            try {
                entry = new Entry(open(provider, config, timer));
            } catch (VerbsException | RuntimeException | Error e) {
                SharedThreads.releaseTimer();
                throw e;
            }
            OPEN.put(key, entry);
        }
        entry.leases++;
        return new Lease(key, entry.device);
    }

    private static RdmaDevice open(VerbsProvider provider, Configuration config, ScheduledThreadPoolExecutor timer) throws VerbsException {
        Adapter adapter = provider.open(config);
        return new RdmaDevice(adapter, Limits.of(config, adapter.capabilities().inline()), Counters.process(), timer);
    }

    private static void giveBack(Key key) {
        Entry last = null;
        synchronized (DevicePool.class) {
            Entry entry = OPEN.get(key);
            if (--entry.leases == 0) {
                OPEN.remove(key);
                last = entry;
            }
        }
        if (last != null) {
            try {
                last.device.close();
            } finally {
                SharedThreads.releaseTimer();
            }
        }
    }
}
