// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool.serve;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.dcache.oncrpc4j.rdma.config.Settings;
import org.dcache.oncrpc4j.rdma.export.ExportOptions;
import org.dcache.oncrpc4j.rdma.export.NfsExport;
import org.dcache.oncrpc4j.rdma.export.Squash;
import org.dcache.oncrpc4j.rdma.export.UserIds;
import org.dcache.oncrpc4j.rdma.export.tree.ProcessUser;
import org.dcache.oncrpc4j.rdma.export.tree.UnixCalls;
import org.dcache.oncrpc4j.rdma.tool.Home;
import org.dcache.oncrpc4j.rdma.tool.NativeAccess;
import org.dcache.oncrpc4j.rdma.tool.RpcRdma;
import org.dcache.oncrpc4j.rdma.tool.SettingsOption;
import org.dcache.oncrpc4j.rdma.tool.serve.app.ServePlan;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rpcrdma serve}: see the package. */
@Command(
        name = "serve",
        description = {
            "Exports a directory, or a tree in memory, over NFSv3: NFS/RDMA and NFS/TCP, with the MOUNT program on the same ports.",
            "With --nfs4j, nfs4j exports the directory, over NFSv3, v4.0 and v4.1.",
            "Needs no rpcbind; prints the mount commands for Linux. Ends by Ctrl-C or SIGTERM."
        })
public final class ServeCommand implements Callable<Integer> {

    private static final int NFS_PORT = 2049;
    private static final int NFS_RDMA_PORT = 20049;
    private static final Set<String> TRANSPORTS = Set.of("tcp", "rdma", "tcp,rdma", "rdma,tcp");

    /** Settings that are options of this command. */
    private static final Map<String, String> OPTION_OF = Map.of(Settings.PORT.name(), "--rdma-port",
            Settings.TRANSPORT.name(), "--transport", Settings.ENABLED.name(), "--transport");

    @Spec
    private CommandSpec spec;

    @Parameters(arity = "0..1", paramLabel = "DIR", description = "The directory to export.")
    private Path directory;

    @Option(names = "--memory", paramLabel = "MIB", arity = "0..1", fallbackValue = "1024",
            description = "Export an empty tree in memory instead, of at most so many MiB (1024).")
    private Long memory;

    @Option(names = "--transport", paramLabel = "NAMES", defaultValue = "tcp,rdma", description = "tcp, rdma, or tcp,rdma (the default).")
    private String transport;

    @Option(names = "--port", paramLabel = "PORT", description = "TCP port. Default: ${DEFAULT-VALUE}.", defaultValue = "" + NFS_PORT)
    private int port;

    @Option(names = "--rdma-port", paramLabel = "PORT",
            description = "RDMA port. Default: the TCP port, with " + NFS_RDMA_PORT + " beside " + NFS_PORT + "; without TCP "
                    + NFS_RDMA_PORT + ".")
    private Integer rdmaPort;

    @Option(names = "--bind", paramLabel = "ADDRESS", description = "Address to listen on. Default: all.", defaultValue = "0.0.0.0")
    private String bind;

    @Option(names = "--read-only", description = "Nothing can be changed.")
    private boolean readOnly;

    @Option(names = "--squash", paramLabel = "WHOM",
            description = "Who is taken for the anonymous user: root, all or none. Default: root; all when this does not run as root.")
    private String squash;

    @Option(names = "--anonymous", paramLabel = "UID:GID",
            description = "The anonymous user. Default: 65534:65534; the user it runs as when that is not root.")
    private String anonymous;

    @Option(names = "--async",
            description = "Acknowledge new, moved and removed names before they are on the disk; faster, and against the RFC.")
    private boolean async;

    @Option(names = "--fsid", paramLabel = "ID",
            description = "An id of the file system, for file handles that survive a restart. Default: its UUID.")
    private String fsid;

    @Option(names = "--threads", paramLabel = "N", defaultValue = "" + NfsExport.THREADS,
            description = "Threads that work on calls. Default: ${DEFAULT-VALUE}.")
    private int threads;

    @Mixin
    private SettingsOption settings;

    @Option(names = {"-J", "--jvm"}, paramLabel = "FLAG", description = "A flag for the server's JVM, such as -J-Xmx2g. May be repeated.")
    private List<String> jvmFlags = new ArrayList<>();

    @Option(names = {"-v", "--verbose"}, description = "Show what the server logs: each connection, and more.")
    private boolean verbose;

    @Option(names = "--progress", negatable = true,
            description = "Show on standard error what the export does, each second. Default: where this is a terminal, without -v.")
    private Boolean progress;

    @Mixin
    private KerberosOptions kerberos;

    @Mixin
    private Nfs4jOptions nfs4j;

    @Override
    public Integer call() throws IOException, InterruptedException {
        refuse(nfs4j.wanted() ? Nfs4jOptions.NOT_WITH : Nfs4jOptions.ONLY_WITH, nfs4j.wanted() ? "means nothing with --nfs4j"
                : "needs --nfs4j");
        ServePlan plan = plan();
        Home home = Home.find();
        if (plan.rdmaPort() != null && !Files.isRegularFile(home.agent())) {
            throw new IllegalStateException("there is no agent jar " + home.agent()
                    + ", so nothing can run over RDMA; 'mvn package' builds it");
        }
        return nfs4j.wanted()
                ? new Nfs4jServer(nfs4j, plan, readOnly, jvm(plan, home), settings.load()).run(home, spec.commandLine().getOut())
                : new ServerJvm(command(plan, home)).run();
    }

    /** An option that would be passed over is a wrong command line. */
    private void refuse(List<String> names, String why) {
        for (String name : names) {
            if (spec.commandLine().getParseResult().hasMatchedOption(name)) {
                throw usage(name + " " + why);
            }
        }
    }

    private ServePlan plan() {
        if (directory == null == (memory == null)) {
            throw usage("Say what to export: a directory, or --memory");
        }
        if (!TRANSPORTS.contains(transport)) {
            throw usage("--transport is tcp, rdma or tcp,rdma, got " + transport);
        }
        boolean tcp = transport.contains("tcp");
        boolean rdma = transport.contains("rdma");
        if (!rdma) {
            refuse(List.of("--rdma-port", "--set"), "means nothing with --transport tcp");
        }
        for (String setting : settings.properties().keySet()) {
            OPTION_OF.forEach((name, option) -> {
                if (setting.equals(name) || setting.startsWith(name + '.')) {
                    throw usage("--set " + setting + " would be against what is printed here; say " + option);
                }
            });
        }
        checkRange("--port", port);
        checkRange("--rdma-port", toldRdmaPort());
        if (threads < 1) {
            throw usage("--threads must be positive, got " + threads);
        }
        String path = directory == null ? null : directory.toAbsolutePath().normalize().toString();
        return new ServePlan(path, memory == null ? 0 : memory << 20, fsid, !async, bind, tcp ? port : null,
                rdma ? toldRdmaPort() : null, threads, options().withFlavors(kerberos.flavors(spec)), kerberos.kerberos(spec),
                progress != null ? progress : !verbose && CommandLine.Help.Ansi.AUTO.enabled());
    }

    /** Where RDMA clients are told to come. Beside 2049 it is 20049 for all providers; RDMA devices do not serve 2049 itself. */
    private int toldRdmaPort() {
        if (rdmaPort != null) {
            return rdmaPort;
        }
        return transport.contains("tcp") && port != NFS_PORT ? port : NFS_RDMA_PORT;
    }

    private void checkRange(String option, int value) {
        if (value < 1 || value > 65535) {
            throw usage(option + " is from 1 to 65535, got " + value);
        }
    }

    /** Without root's privileges, files can only be what the process's own user can make of them; so everybody is that user. */
    private ExportOptions options() {
        ProcessUser user = ProcessUser.current();
        boolean root = user.uid() == 0;
        ExportOptions options = ExportOptions.DEFAULT.withReadOnly(readOnly).withSquash(root || memory != null ? Squash.ROOT : Squash.ALL);
        if (!root && memory == null) {
            options = options.withAnonymous(user.uid(), user.gid());
        }
        if (squash != null) {
            try {
                options = options.withSquash(Squash.valueOf(squash.toUpperCase(Locale.ROOT)));
            } catch (IllegalArgumentException e) {
                throw usage("--squash is root, all or none, got " + squash);
            }
        }
        if (anonymous != null) {
            try {
                UserIds ids = UserIds.parse(anonymous);
                options = options.withAnonymous(ids.uid(), ids.gid());
            } catch (IllegalArgumentException e) {
                throw usage("--anonymous: " + e.getMessage());
            }
        }
        return options;
    }

    private ParameterException usage(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    private List<String> command(ServePlan plan, Home home) {
        List<String> command = jvm(plan, home);
        command.add("-cp");
        command.add(home.export() + "/*:" + home.application() + "/*");
        command.add("org.dcache.oncrpc4j.rdma.tool.serve.app.ServeMain");
        command.addAll(plan.words());
        return command;
    }

    /** The server's JVM up to its class path. */
    private List<String> jvm(ServePlan plan, Home home) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Dorg.slf4j.simpleLogger.defaultLogLevel=" + (verbose ? "info" : "warn"));
        // The agent on the boot class path makes the JVM warn that it cannot share classes; then it need not try.
        command.add("-Xshare:off");
        command.addAll(List.of(UnixCalls.FLAGS));
        command.addAll(jvmFlags);
        if (plan.rdmaPort() != null) {
            command.add("-javaagent:" + home.agent());
            command.addAll(NativeAccess.flags());
            command.add("-Doncrpc.rdma.enabled=true");
            command.add("-Doncrpc.transport=" + (plan.tcpPort() == null ? "rdma" : "tcp,rdma"));
            if (rdmaPort != null || plan.tcpPort() == null) {
                command.add("-Doncrpc.rdma.port=" + plan.rdmaPort());
            }
            if (!nfs4j.wanted()) {
                // The export has written a WRITE's data when it replies.
                command.add("-Doncrpc.rdma.lend=on");
            }
            settings.properties().forEach((name, value) -> command.add("-D" + name + "=" + value));
        }
        return command;
    }

    /** For the exit status of the tool when the server could not start. */
    static int status(int child) {
        return child == 0 ? RpcRdma.OK : RpcRdma.FAILED;
    }
}
