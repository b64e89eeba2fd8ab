// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.check;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.dcache.oncrpc4j.portmap.OncRpcPortmap;
import org.dcache.oncrpc4j.rdma.config.Configuration;
import org.dcache.oncrpc4j.rdma.config.Settings;
import org.dcache.oncrpc4j.rdma.tool.InfoCommand;
import org.dcache.oncrpc4j.rdma.tool.Json;
import org.dcache.oncrpc4j.rdma.tool.RpcRdma;
import org.dcache.oncrpc4j.rdma.tool.SettingsOption;
import org.dcache.oncrpc4j.rdma.tool.ping.Target;
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

/** {@code rpcrdma check}: see the package. */
@Command(
        name = "check",
        description = "Says which transports and programs answer on the ports of servers and what their rpcbind names, or with --local "
                + "what this machine lacks.",
        footer = {"", "HOST alone is asked on 2049 and 20049, and answers over RDMA on one of them at least. A data server (a dCache pool) "
                + "is asked on the port that its layouts name. --local looks at the providers, the limits of this shell or of the process "
                + "of --pid, and the modules of a client that mounts; give it the settings of the server, such as --set rdma.memory=256m."},
        exitCodeList = {" 0:every server answers over RDMA; nothing is missing here", " 1:something does not, or is missing",
            " 2:wrong command line"})
public final class CheckCommand implements Callable<Integer> {

    private static final int NFS_PORT = 2049;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "HOST[:PORT]", arity = "0..*", description = "Servers; [IPv6]:PORT.")
    private List<String> servers = new ArrayList<>();

    @Option(names = "--local", description = "Look at this machine.")
    private boolean local;

    @Option(names = "--pid", paramLabel = "PID", defaultValue = "self", description = "With --local: whose limits; a running server.")
    private String pid;

    @Option(names = "--layout", paramLabel = "PATH", description = "Get the layout of this file, as a client with NFSv4.1 does, over each "
            + "transport that a server has, and check the addresses of its data servers.")
    private String layout;

    @Option(names = "--program", paramLabel = "NUMBER:VERSION",
            description = "RPC program to ask for, instead of MOUNT 3, NFS 3 and NFS 4. May be repeated.")
    private List<String> programs = new ArrayList<>();

    @Option(names = {"-t", "--timeout"}, paramLabel = "MS", defaultValue = "5000",
            description = "Longest wait for a connection, and for a reply (${DEFAULT-VALUE} ms).")
    private long timeout;

    @Option(names = "--json", description = "One JSON object instead of text.")
    private boolean json;

    @Mixin
    private SettingsOption settings;

    /** Of {@link #json}: all that was found. */
    private final List<Map<String, Object>> parts = new ArrayList<>();
    /** Hosts whose rpcbind was asked. */
    private final Set<String> asked = new HashSet<>();

    @Override
    public Integer call() throws IOException {
        if (local == !servers.isEmpty() || local && layout != null || timeout < 1 || !pid.matches("self|\\d+")) {
            throw usage("name servers, with or without --layout, or give --local; --timeout is at least 1, --pid a number");
        }
        // A setting that does not exist is said before anything is shown.
        settings.load();
        boolean right = true;
        if (local) {
            right = local();
        }
        for (String server : servers) {
            right &= server(server);
        }
        if (json) {
            Map<String, Object> all = new LinkedHashMap<>();
            all.put("ok", right);
            all.put("parts", parts);
            spec.commandLine().getOut().println(Json.of(all));
        }
        return right ? RpcRdma.OK : RpcRdma.FAILED;
    }

    private boolean local() throws IOException {
        Configuration config = settings.load();
        List<String> wanted = config.get(Settings.PROVIDER);
        List<Finding> findings = new ArrayList<>();
        InfoCommand.providers(config).forEach((name, text) -> findings.add(text.startsWith("available") ? Finding.right(name, text)
                : wanted.contains(name) ? Finding.wrong(name, text) : Finding.note(name, text)));
        boolean devices = available(wanted).stream().anyMatch(name -> !name.equals("iwarp"));
        LocalCheck machine = new LocalCheck(Path.of("/"));
        findings.addAll(machine.limits(pid, MemoryBudget.bytes(config), devices));
        show("As a server", findings);
        show("As a client that mounts", machine.client());
        return findings.stream().noneMatch(Finding::isWrong);
    }

    private boolean server(String text) {
        Target target;
        try {
            target = Target.parse(text);
        } catch (IllegalArgumentException e) {
            throw usage(e.getMessage());
        }
        boolean alone = text.equals(target.host()) || text.equals('[' + target.host() + ']');
        if (asked.add(target.host())) {
            Target rpcbind = new Target(target.host(), OncRpcPortmap.PORTMAP_PORT);
            show(rpcbind, at -> new RpcbindCheck(programs(), timeout).of(at));
        }
        boolean rdma = false;
        boolean tcp = false;
        boolean right = true;
        for (int port : alone ? new int[] {NFS_PORT, Target.NFS_RDMA_PORT} : new int[] {target.port()}) {
            Target one = new Target(target.host(), port);
            ServerCheck check = new ServerCheck(programs(), providers(), timeout);
            show(one, at -> alone ? check.of(at).stream().map(Finding::asNote).toList() : check.of(at));
            if (layout != null && check.tcp() && !tcp) {
                right &= layout(one, "TCP", at -> new LayoutCheck(layout, timeout).overTcp(at));
            }
            if (layout != null && check.rdma() && !rdma) {
                right &= layout(one, "RDMA", at -> new LayoutCheck(layout, timeout).overRdma(at, providers().values()));
            }
            tcp |= check.tcp();
            rdma |= check.rdma();
        }
        if (alone && !rdma) {
            show(text, List.of(Finding.wrong("RDMA", "on neither of these ports")));
        }
        return rdma && right;
    }

    /** The layout that a client gets that came by a transport, and then each address in it. */
    private boolean layout(Target server, String transport, Function<InetSocketAddress, LayoutCheck.Result> query) {
        LayoutCheck.Result[] result = new LayoutCheck.Result[1];
        boolean[] right = {show("layout of " + layout + " by " + transport + ", " + server, server, at -> {
            result[0] = query.apply(at);
            return result[0].findings();
        })};
        if (result[0] != null) {
            result[0].ports().forEach((address, netids) -> {
                ServerCheck check = new ServerCheck(programs(), providers(), timeout);
                String head = "data server " + address.getAddress().getHostAddress() + " port " + address.getPort() + " ("
                        + String.join(", ", netids) + ")";
                right[0] &= show(head, new Target(address.getAddress().getHostAddress(), address.getPort()),
                        at -> LayoutCheck.dataServer(check.of(at), netids, check.tcp(), check.rdma()));
            });
        }
        return right[0];
    }

    private List<ServerCheck.Program> programs() {
        List<ServerCheck.Program> all = new ArrayList<>();
        for (String word : programs) {
            if (!word.matches("\\d{1,9}:\\d{1,9}|[1-9]\\d{9}:\\d{1,9}")) {
                throw usage("--program " + word + ": expected NUMBER:VERSION, such as 100003:4");
            }
            String[] parts = word.split(":");
            all.add(new ServerCheck.Program(word, Integer.parseUnsignedInt(parts[0]), Integer.parseInt(parts[1])));
        }
        return all.isEmpty() ? ServerCheck.PROGRAMS : all;
    }

    /** Each that is to be tried from here, with settings that choose it alone. */
    private Map<String, Configuration> providers() {
        Map<String, Configuration> all = new LinkedHashMap<>();
        for (String name : available(settings.load().get(Settings.PROVIDER))) {
            all.put(name, settings.load(Map.of("rdma.provider", name)));
        }
        return all;
    }

    private static List<String> available(List<String> wanted) {
        return DevicePool.installed().stream().filter(provider -> wanted.contains("auto") || wanted.contains(provider.name()))
                .filter(provider -> provider.availability().available()).map(VerbsProvider::name).toList();
    }

    private void show(Target target, Function<InetSocketAddress, List<Finding>> check) {
        show(target.toString(), target, check);
    }

    /** @return whether nothing is wrong */
    private boolean show(String head, Target target, Function<InetSocketAddress, List<Finding>> check) {
        List<Finding> findings;
        try {
            findings = check.apply(target.resolve());
        } catch (UnknownHostException e) {
            findings = List.of(Finding.wrong("name", e.getMessage()));
        }
        show(head, findings);
        return findings.stream().noneMatch(Finding::isWrong);
    }

    private void show(String head, List<Finding> findings) {
        if (json) {
            Map<String, Object> part = new LinkedHashMap<>();
            part.put("name", head);
            part.put("findings", findings.stream().map(Finding::members).toList());
            parts.add(part);
            return;
        }
        PrintWriter out = spec.commandLine().getOut();
        out.println(head);
        findings.forEach(out::println);
        out.flush();
    }

    private ParameterException usage(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
