// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.config.Setting;
import org.dcache.oncrpc4j.rdma.config.Settings;
import org.dcache.oncrpc4j.rdma.verbs.Availability;
import org.dcache.oncrpc4j.rdma.verbs.Capabilities;
import org.dcache.oncrpc4j.rdma.verbs.MemoryBudget;
import org.dcache.oncrpc4j.rdma.verbs.VerbsProvider;
import org.dcache.oncrpc4j.rdma.xprt.link.DevicePool;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rpcrdma info}: what this machine, this JVM and these settings give. Listens nowhere and connects to nobody. */
@Command(
        name = "info",
        description = "Shows the RDMA providers and whether they work here, the settings in force, Java and memory; or writes a bundle "
                + "for who helps.")
public final class InfoCommand implements Callable<Integer> {

    private static final long MIB = 1 << 20;
    /** Where a provider's text begins. */
    private static final int PROVIDER_AT = 15;

    @Spec
    private CommandSpec spec;

    @Mixin
    private SettingsOption settings;

    @Option(names = "--bundle", paramLabel = "FILE",
            description = "Write a zip for who helps, with versions, settings, providers, limits, and counters of a server. No secrets.")
    private Path bundle;

    @Parameters(paramLabel = "PID|SOCKET", arity = "0..1",
            description = "With --bundle: the server, by process id or by the path of its oncrpc.rdma.stat-socket.")
    private String server;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        Configuration config = settings.load();
        if (server != null && (bundle == null || !server.matches("\\d+|.*/.*"))) {
            throw new ParameterException(spec.commandLine(),
                    "expected a process id or the path of a socket, with --bundle FILE; got " + server);
        }
        if (bundle != null) {
            new SupportBundle(Path.of("/"), server, settings.given()).write(bundle);
            out.println("Wrote " + bundle + ": look through it before you send it.");
            return RpcRdma.OK;
        }
        out.println("Java       " + Runtime.version() + ", " + System.getProperty("java.vm.name") + ", "
                + System.getProperty("os.name") + ' ' + System.getProperty("os.version") + ' ' + System.getProperty("os.arch"));
        out.println("Processors " + Runtime.getRuntime().availableProcessors());
        out.println("Memory     " + memory(config));
        out.println();
        showProviders(out, config);
        out.println();
        abilities(out, config);
        out.println();
        settings(out, config);
        out.flush();
        return RpcRdma.OK;
    }

    private static String memory(Configuration config) {
        return String.format("%,d MiB direct memory at most, %,d MiB of it for registered memory (%s=%s)",
                MemoryBudget.maxDirectMemory() / MIB, MemoryBudget.bytes(config) / MIB, Settings.MEMORY.name(),
                config.text(Settings.MEMORY));
    }

    private static void showProviders(PrintWriter out, Configuration config) {
        out.println("Providers");
        providers(config).forEach((name, text) -> out.printf("  %-12s %s%n", name, Terminal.hanging(PROVIDER_AT, text)));
    }

    /** What every provider that has a name says of itself, in the order that "auto" tries, then those that nobody here has heard of. */
    public static Map<String, String> providers(Configuration config) {
        Map<String, String> lines = new LinkedHashMap<>();
        Settings.PROVIDER_NAMES.forEach(name -> lines.put(name, "not built in this version"));
        for (VerbsProvider provider : DevicePool.installed()) {
            Availability availability = provider.availability();
            lines.put(provider.name(), (availability.available() ? "available: " : "not available: ") + availability.reason()
                    + (availability.available() ? provider.declinesAuto(config).map(reason -> "; auto passes it over: " + reason).orElse("")
                    : ""));
        }
        return lines;
    }

    /** Of those whose abilities can be known here. */
    private static void abilities(PrintWriter out, Configuration config) {
        Map<String, Capabilities> known = new LinkedHashMap<>();
        for (VerbsProvider provider : DevicePool.installed()) {
            Abilities.of(provider, config).ifPresent(abilities -> known.put(provider.name(), abilities));
        }
        List<String> heads = new ArrayList<>(known.keySet());
        heads.add(0, "Abilities");
        TextTable table = new TextTable(heads.toArray(String[]::new));
        for (Abilities.Line line : Abilities.lines()) {
            List<String> cells = new ArrayList<>(List.of("  " + line.label()));
            known.values().forEach(abilities -> cells.add(line.value().apply(abilities)));
            table.row(cells.toArray(String[]::new));
        }
        out.print(table.render());
    }

    static void settings(PrintWriter out, Configuration config) {
        out.println("Settings");
        for (Setting<?> setting : Settings.all()) {
            String text = config.text(setting);
            out.printf("  %-32s %-14s %s%n", setting.name(), text.isEmpty() ? "(empty)" : text, config.origin(setting));
        }
        config.servicePorts().forEach((name, port) -> out.printf("  %-32s %-14s %s%n", "oncrpc.rdma.port." + name, port,
                config.servicePortOrigin(name)));
    }
}
