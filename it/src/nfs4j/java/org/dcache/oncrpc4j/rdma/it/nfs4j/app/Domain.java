// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs4j.app;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.StringReader;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.dcache.nfs.ExportFile;
import org.dcache.nfs.v4.MDSOperationExecutor;
import org.dcache.nfs.v4.NFSServerV41;
import org.dcache.nfs.v4.xdr.nfs4_prot;
import org.dcache.oncrpc4j.rpc.OncRpcProgram;
import org.dcache.oncrpc4j.rpc.OncRpcSvc;
import org.dcache.oncrpc4j.rpc.OncRpcSvcBuilder;
import org.dcache.oncrpc4j.rpc.net.IpProtocolType;

/**
 * A dCache domain: a JVM with pools, a door, or both, made by commands on its standard input until that ends. All services have the same
 * name, oncrpc4j's default; a pool takes the first free port of a range and keeps it over restarts. The answer to a command is its word and
 * a number. One thread.
 */
public final class Domain {

    /** A command: milliseconds that the JVM's compilers have worked. */
    public static final String COMPILED = "COMPILED";

    private PoolDevices layouts;

    private Domain() {}

    public static void main(String[] args) throws IOException {
        Domain domain = new Domain();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        System.out.println("READY");
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split(" ");
            try {
                System.out.println(words[0] + " " + domain.run(words));
            } catch (IOException | RuntimeException e) {
                e.printStackTrace(System.out);
            }
        }
        System.exit(0);
    }

    private int run(String[] words) throws IOException {
        return switch (words[0]) {
            case "POOL" -> pool(Path.of(words[1]), Integer.parseInt(words[2]), Integer.parseInt(words[3]));
            case "DOOR" -> door(Integer.parseInt(words[1]), words[2], List.of(words).subList(3, words.length));
            case "RECALL" -> layouts.recall();
            case COMPILED -> compiled();
            default -> throw new IllegalArgumentException("expected POOL, DOOR, RECALL or COMPILED, got " + words[0]);
        };
    }

    static int compiled() {
        return (int) ManagementFactory.getCompilationMXBean().getTotalCompilationTime();
    }

    /** {@code POOL FOLDER FIRST LAST}: the ports are a range. */
    private static int pool(Path folder, int first, int last) throws IOException {
        Path kept = Files.createDirectories(folder).resolveSibling(folder.getFileName() + ".port");
        boolean known = Files.exists(kept);
        int port = known ? Integer.parseInt(Files.readString(kept)) : first;
        int taken = start(new OncRpcSvcBuilder().withMinPort(port).withMaxPort(known ? port : last),
                new NFSServerV41.Builder().withOperationExecutor(new PoolOperations(folder)).build());
        Files.writeString(kept, "" + taken);
        return taken;
    }

    /** {@code DOOR PORT HOST POOL…}: the pools' ports at a host, as clients know it. */
    private int door(int port, String host, List<String> pools) throws IOException {
        List<InetSocketAddress> addresses = new ArrayList<>();
        List<PoolClient> proxies = new ArrayList<>();
        for (String pool : pools) {
            addresses.add(new InetSocketAddress(host, Integer.parseInt(pool)));
            proxies.add(new PoolClient(new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(pool))));
        }
        layouts = new PoolDevices(PoolDevices.flexFiles(), addresses);
        return start(new OncRpcSvcBuilder().withPort(port), new NFSServerV41.Builder()
                .withVfs(new ProxyFileSystem(proxies))
                .withOperationExecutor(new MDSOperationExecutor())
                .withExportTable(new ExportFile(new StringReader("/ *(rw,no_root_squash,insecure,pnfs)\n")))
                .withDeviceManager(layouts)
                .build());
    }

    private static int start(OncRpcSvcBuilder builder, NFSServerV41 nfs) throws IOException {
        OncRpcSvc service = builder.withTCP()
                .withoutAutoPublish()
                .withWorkerThreadIoStrategy()
                .withRpcService(new OncRpcProgram(nfs4_prot.NFS4_PROGRAM, nfs4_prot.NFS_V4), nfs)
                .build();
        service.start();
        return service.getInetSocketAddress(IpProtocolType.TCP).getPort();
    }
}
