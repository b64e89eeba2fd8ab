// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool;

import java.io.PrintWriter;
import org.dcache.oncrpc4j.rdma.tool.bench.BenchCommand;
import org.dcache.oncrpc4j.rdma.tool.check.CheckCommand;
import org.dcache.oncrpc4j.rdma.tool.decode.DecodeCommand;
import org.dcache.oncrpc4j.rdma.tool.demo.DemoCommand;
import org.dcache.oncrpc4j.rdma.tool.ping.PingCommand;
import org.dcache.oncrpc4j.rdma.tool.serve.ServeCommand;
import org.dcache.oncrpc4j.rdma.tool.stat.StatCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The tool's first level. Each subcommand is a class of its own that returns its exit status: {@value #OK}, {@value #FAILED}, or
 * {@value #USAGE} for a wrong command line. An exception that gets here is one line on standard error, and its stack trace too
 * when {@code -Drpcrdma.trace=true} is set.
 */
@Command(
        name = "rpcrdma",
        description = "RPC-over-RDMA for oncrpc4j: try it, look at it, measure it.",
        scope = CommandLine.ScopeType.INHERIT,
        versionProvider = Version.class,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {" 0:done, and all was right", " 1:failed", " 2:wrong command line"},
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {DemoCommand.class, PingCommand.class, CheckCommand.class, InfoCommand.class, BenchCommand.class,
            ServeCommand.class, StatCommand.class, DecodeCommand.class})
public final class RpcRdma implements Runnable {

    public static final int OK = 0;
    public static final int FAILED = 1;
    public static final int USAGE = 2;

    @Spec
    private CommandSpec spec;

    @Option(names = {"-h", "--help"}, usageHelp = true, scope = CommandLine.ScopeType.INHERIT,
            description = "Show this help message and exit.")
    private boolean help;

    @Option(names = {"-V", "--version"}, versionHelp = true, description = "Print version information and exit.")
    private boolean version;

    /** For the launcher, {@code bin/rpcrdma}. */
    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    static CommandLine commandLine() {
        CommandLine line = new CommandLine(new RpcRdma());
        // Help is as wide as the terminal.
        line.setUsageHelpAutoWidth(true);
        for (CommandLine command : line.getSubcommands().values()) {
            if (command.getCommandSpec().findOption("--version") == null) {
                command.getCommandSpec().addMixin("version", CommandSpec.forAnnotatedObject(new VersionOption()));
            }
        }
        line.setParameterExceptionHandler((e, given) -> {
            CommandLine command = e.getCommandLine();
            command.getErr().println(Terminal.hanging(0, e.getMessage()));
            command.getErr().println("See '" + command.getCommandSpec().qualifiedName() + " --help'.");
            command.getErr().flush();
            return USAGE;
        });
        line.setExecutionExceptionHandler((e, command, parsed) -> {
            complain(command, e);
            return FAILED;
        });
        return line;
    }

    private static void complain(CommandLine command, Exception e) {
        PrintWriter err = command.getErr();
        String message = e.getMessage();
        String text = message == null || message.isBlank() ? e.toString() : message.strip();
        err.println(Terminal.hanging(0, command.getCommandName() + ": " + text));
        if (Boolean.getBoolean("rpcrdma.trace")) {
            e.printStackTrace(err);
        }
        err.flush();
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Missing command: " + String.join(", ", spec.subcommands().keySet()));
    }

    /** For each command whose {@code --version} does not mean something else. */
    private static final class VersionOption {
        @Option(names = {"-V", "--version"}, versionHelp = true, description = "Print version information and exit.")
        private boolean version;
    }
}
