// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool;

import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.config.Setting;
import org.dcache.oncrpc4j.rdma.config.Settings;
import org.dcache.oncrpc4j.rdma.verbs.Availability;
import org.dcache.oncrpc4j.rdma.verbs.VerbsProvider;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code rpcrdma info}: what this machine, this JVM and these settings give. Opens nothing. */
@Command(name = "info", description = "Shows the RDMA providers and whether they work here, the settings in force, Java and memory.")
final class InfoCommand implements Callable<Integer> {

    private static final long MIB = 1 << 20;
    private static final int BUDGET_SHARE = 4;

    @Spec
    private CommandSpec spec;

    @Mixin
    private SettingsOption settings;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        Configuration config = settings.load();
        out.println("Java       " + Runtime.version() + ", " + System.getProperty("java.vm.name") + ", "
                + System.getProperty("os.name") + ' ' + System.getProperty("os.version") + ' ' + System.getProperty("os.arch"));
        out.println("Processors " + Runtime.getRuntime().availableProcessors());
        out.println("Memory     " + memory(config));
        out.println();
        providers(out);
        out.println();
        settings(out, config);
        out.flush();
        return RpcRdma.OK;
    }

    private static String memory(Configuration config) {
        long direct = maxDirectMemory();
        Long given = config.get(Settings.MEMORY);
        long budget = given != null ? given : direct / BUDGET_SHARE;
        return String.format("%,d MiB direct memory at most, %,d MiB of it for registered memory (%s=%s)", direct / MIB, budget / MIB,
                Settings.MEMORY.name(), config.text(Settings.MEMORY));
    }

    /** The flag MaxDirectMemorySize; not set means as much as the heap. */
    private static long maxDirectMemory() {
        com.sun.management.HotSpotDiagnosticMXBean bean =
                ManagementFactory.getPlatformMXBean(com.sun.management.HotSpotDiagnosticMXBean.class);
        long flag = bean == null ? 0 : Long.parseLong(bean.getVMOption("MaxDirectMemorySize").getValue());
        return flag != 0 ? flag : Runtime.getRuntime().maxMemory();
    }

    /** What is registered, in the order that "auto" tries, then the names that are known but not registered. */
    private static void providers(PrintWriter out) {
        List<VerbsProvider> found = ServiceLoader.load(VerbsProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .sorted(Comparator.comparingInt(VerbsProvider::preference))
                .toList();
        Map<String, String> lines = new TreeMap<>(Comparator.comparingInt(List.copyOf(order(found))::indexOf));
        for (VerbsProvider provider : found) {
            Availability availability = provider.availability();
            lines.put(provider.name(), (availability.available() ? "available: " : "not available: ") + availability.reason());
        }
        order(found).forEach(name -> lines.putIfAbsent(name, "not built in this version"));
        out.println("Providers");
        lines.forEach((name, text) -> out.printf("  %-12s %s%n", name, text));
    }

    private static List<String> order(List<VerbsProvider> found) {
        List<String> names = found.stream().map(VerbsProvider::name).collect(Collectors.toList());
        Settings.PROVIDER_NAMES.stream().filter(name -> !names.contains(name)).forEach(names::add);
        return names;
    }

    private void settings(PrintWriter out, Configuration config) {
        out.println("Settings");
        for (Setting<?> setting : Settings.all()) {
            String text = config.text(setting);
            out.printf("  %-32s %-14s %s%n", setting.name(), text.isEmpty() ? "(empty)" : text, settings.origin(config, setting));
        }
        config.servicePorts().forEach((name, port) -> out.printf("  %-32s %-14s %s%n", "oncrpc.rdma.port." + name, port, "given"));
    }
}
