// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.tool;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import picocli.CommandLine;

/**
 * A zip for who helps: what the commands of this tool print, and what a server's process was told of us. Nothing else gets in: no log, no
 * traffic, no variables but ours, no contents of files but our own settings. What cannot be had is said in its place. One thread, used
 * once.
 */
final class SupportBundle {

    private final Path root;
    /** A process id or a stat socket; null for none. */
    private final String server;
    private final List<String> settings;

    /** @param settings as {@code --set} has them */
    SupportBundle(Path root, String server, List<String> settings) {
        this.root = root;
        this.server = server;
        this.settings = settings;
    }

    /** @throws IOException also when there is such a file already; it then stays as it was */
    void write(Path file) throws IOException {
        try {
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        } catch (FileAlreadyExistsException e) {
            throw new IOException("expected a new file, got " + file + ", which is there already: name another", e);
        }
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            add(zip, "about.txt", about());
            add(zip, "info.txt", printed("info"));
            boolean process = server != null && server.indexOf('/') < 0;
            add(zip, "machine.txt", process ? printed("check", "--local", "--pid", server) : printed("check", "--local"));
            if (process) {
                add(zip, "process.txt", process());
            }
            if (server != null) {
                add(zip, "counters.txt", printed("stat", server));
                add(zip, "counters.json", printed("stat", "--json", server));
            }
        }
    }

    private static void add(ZipOutputStream zip, String name, String text) throws IOException {
        zip.putNextEntry(new ZipEntry(name));
        zip.write(text.getBytes(StandardCharsets.UTF_8));
        zip.closeEntry();
    }

    private String about() throws IOException {
        StringBuilder text = new StringBuilder("rpcrdma ").append(Version.number()).append(", ").append(Instant.now()).append('\n');
        Path agent = Home.agentIfKnown();
        if (agent != null) {
            text.append(version(agent)).append('\n');
        }
        return text.append("""

                info.txt       this tool's Java, providers and settings, as of rpcrdma info
                machine.txt    limits, devices and modules, as of rpcrdma check --local
                process.txt    with a process id: what that JVM was told of us, the settings that follow, its limits
                counters.*     with a process id or stat socket: services, counters, problems, connections, as of rpcrdma stat

                Not in here: logs, traffic, other variables and flags, contents of keytabs and key stores. Addresses of peers are
                in counters.*. Add the log of the time in question.
                """).toString();
    }

    private static String version(Path agent) {
        try (JarFile jar = new JarFile(agent.toFile())) {
            return "agent jar " + agent + ", version " + jar.getManifest().getMainAttributes().getValue("Implementation-Version");
        } catch (IOException e) {
            return "agent jar " + agent + " cannot be read: " + e;
        }
    }

    /** What a command prints, errors too. */
    private String printed(String command, String... arguments) {
        List<String> words = new ArrayList<>(List.of(command));
        words.addAll(List.of(arguments));
        if (!command.equals("stat")) {
            settings.forEach(setting -> words.addAll(List.of("--set", setting)));
        }
        StringWriter text = new StringWriter();
        CommandLine line = RpcRdma.commandLine().setOut(new PrintWriter(text, true)).setErr(new PrintWriter(text, true));
        int status = Terminal.without(() -> line.execute(words.toArray(String[]::new)));
        String head = words.contains("--json") ? "" : "$ rpcrdma " + String.join(" ", words) + '\n';
        return head + text + (status == RpcRdma.OK ? "" : "exit status " + status + '\n');
    }

    private String process() {
        StringWriter text = new StringWriter();
        PrintWriter out = new PrintWriter(text);
        try {
            Path proc = root.resolve("proc");
            JvmWords words = JvmWords.of(proc, server);
            words.agent().map(SupportBundle::version).ifPresent(out::println);
            out.println("Flags, of command line, JDK_JAVA_OPTIONS and JAVA_TOOL_OPTIONS; others are left out");
            words.options().forEach(option -> out.println("  " + option));
            out.println("Variables; others are left out");
            words.environment().forEach((name, value) -> out.println("  " + name + '=' + value));
            try {
                InfoCommand.settings(out, words.settings());
            } catch (RuntimeException e) {
                out.println("Settings: " + e.getMessage());
            }
            out.println(Files.readString(proc.resolve(server).resolve("limits")));
        } catch (IOException e) {
            out.println("cannot be read, it must be a process of this user: " + e);
        }
        out.flush();
        return text.toString();
    }
}
