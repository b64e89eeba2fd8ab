// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs.app;

import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.dcache.oncrpc4j.rdma.nfs3.EntryPlus3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.Sattr3;
import org.dcache.oncrpc4j.rdma.nfsclient.ClientOptions;
import org.dcache.oncrpc4j.rdma.nfsclient.Directory;
import org.dcache.oncrpc4j.rdma.nfsclient.MountClient;
import org.dcache.oncrpc4j.rdma.nfsclient.Nfs3Client;
import org.dcache.oncrpc4j.rdma.nfsclient.NfsException;
import org.dcache.oncrpc4j.rdma.nfsclient.RemoteFile;
import org.dcache.oncrpc4j.rpc.RpcAuthTypeUnix;

/**
 * An NFS client that writes and reads trees. Argument: the number of connections. The system property {@code tree.server} is the server's
 * address. Commands: {@code connect PORT [MOUNTPORT PATH]}, which first closes other connections; {@code root NAME}, to work in a
 * directory, which is made if it does not exist; {@code write SEED COUNT LARGE THREADS BLOCK [FILE]}, which writes all data again and again
 * while FILE is there; {@code read SEED COUNT LARGE THREADS BLOCK FILE}, which writes path, size and SHA-256 of every file into FILE,
 * sorted by path; {@code rename LENGTH}, with two names of that length; {@code sample BLOCK SIZE...}, which writes, reads and compares a
 * file of each size; {@code list NAME}, which counts the entries of a directory; {@code close}.
 */
public final class TreeClient {

    /** Machine name of the credential: its length is part of every call. */
    public static final String MACHINE = "client";

    private final int connections;
    private Nfs3Client client;
    private FileHandle root;

    private TreeClient(int connections) {
        this.connections = connections;
    }

    public static void main(String[] args) throws Exception {
        TreeClient program = new TreeClient(Integer.parseInt(args[0]));
        System.out.println("READY");
        new Console().serve(words -> switch (words[0]) {
            case "connect" -> program.connect(Integer.parseInt(words[1]), Integer.parseInt(words[words.length > 2 ? 2 : 1]),
                    words.length > 3 ? words[3] : "/");
            case "root" -> program.root(words[1]);
            case "write" -> program.write(words);
            case "read" -> program.read(words);
            case "sample" -> program.sample(words);
            case "list" -> program.list(words[1]);
            case "rename" -> program.rename(Integer.parseInt(words[1]));
            case "close" -> program.close();
            default -> throw new IllegalArgumentException("unknown command " + words[0]);
        });
        System.exit(0);
    }

    /** @return the transports, and the length of the root's handle */
    private String connect(int port, int mountPort, String path) throws Exception {
        close();
        ClientOptions options = ClientOptions.of(new InetSocketAddress(System.getProperty("tree.server", "127.0.0.1"), port))
                .mountPort(mountPort).connections(connections)
                .credential(new RpcAuthTypeUnix(0, 0, new int[0], 1, MACHINE))
                .pauses(Duration.ofMillis(5), Duration.ofMillis(200)).times(Duration.ofSeconds(30), Duration.ofSeconds(60));
        try (MountClient mount = new MountClient(options)) {
            root = mount.mount(path);
        }
        client = new Nfs3Client(options);
        String transports = client.transports().stream().map(t -> t.getClass().getSimpleName()).distinct().collect(Collectors.joining("+"));
        return "transport=" + transports + " handle=" + root.length();
    }

    private String root(String name) throws Exception {
        try {
            root = client.lookup(root, NfsText.of(name)).handle();
        } catch (NfsException e) {
            root = client.mkdir(root, NfsText.of(name), Sattr3.ofMode(0755)).handle();
        }
        return "";
    }

    private String list(String name) throws Exception {
        List<EntryPlus3> entries = new Directory(client, client.lookup(root, NfsText.of(name)).handle()).entries(1 << 20);
        return "names=" + entries.size() + " different=" + entries.stream().map(EntryPlus3::name).distinct().count();
    }

    private static Tree tree(String[] words) {
        return new Tree(Long.parseLong(words[1]), Integer.parseInt(words[2]), Boolean.parseBoolean(words[3]));
    }

    private String write(String[] words) throws Exception {
        new TreeWriter(client, root, Integer.parseInt(words[5])).write(tree(words), Integer.parseInt(words[4]),
                () -> words.length > 6 && Files.exists(Path.of(words[6])));
        return said();
    }

    private String read(String[] words) throws Exception {
        TreeReader reader = new TreeReader(client, root, Integer.parseInt(words[5]));
        List<String> lines = reader.read(tree(words), Integer.parseInt(words[4]));
        Files.write(Path.of(words[6]), lines);
        return said();
    }

    private String sample(String[] words) throws Exception {
        int block = Integer.parseInt(words[1]);
        Tree tree = Tree.ofSizes(words.length, Stream.of(words).skip(2).map(Long::valueOf).toList());
        new TreeWriter(client, root, block).write(tree, 1, () -> false);
        return "files=" + new TreeReader(client, root, block).read(tree, 1).size();
    }

    /** Renames from one name of this length to another one; returns the status. */
    private String rename(int length) throws Exception {
        try {
            client.rename(root, NfsText.of("f".repeat(length)), root, NfsText.of("t".repeat(length)));
            return "status=NFS3_OK";
        } catch (NfsException e) {
            return "status=" + e.status();
        }
    }

    private String said() {
        return "connects=" + client.connects() + " repeats=" + client.repeats();
    }

    private String close() {
        if (client != null) {
            client.close();
            client = null;
        }
        return "";
    }

    static RemoteFile file(Nfs3Client client, FileHandle handle, int block) {
        return new RemoteFile(client, handle, block, block);
    }
}
