// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs4j;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.dcache.oncrpc4j.rdma.it.jvm.JvmProcess;
import org.dcache.oncrpc4j.rdma.it.jvm.Ports;
import org.dcache.oncrpc4j.rdma.it.nfs4j.app.Domain;

/**
 * An NFS door and pools as dCache has them, in JVMs with the agent: a range of LAN ports for all pools, and each pool's files in a folder
 * of its own, where they stay when its JVM is killed. Closing it kills all JVMs. One thread.
 */
public final class DoorAndPools implements AutoCloseable {

    /** The settings that docs/dcache.md recommends for all domains; with software iWARP. */
    public static final String BOTH = "transport=tcp,rdma,rdma.provider=iwarp,rdma.nfs4j.devices=same";

    private static final int LAN_PORTS = 9;

    private final Path folder;
    private final int firstPort = Ports.freePair();
    private final List<JvmProcess> domains = new ArrayList<>();

    public DoorAndPools(Path folder) throws IOException {
        this.folder = folder;
    }

    /** @param settings for the agent */
    public JvmProcess domain(String settings) {
        JvmProcess domain = BasicPrograms.domain(settings).main(Domain.class).start();
        domains.add(domain);
        domain.expect("READY");
        return domain;
    }

    /** Starts a pool, again under its name where that is known. @return its port */
    public int pool(JvmProcess domain, String name) {
        domain.send("POOL " + folder.resolve(name) + " " + firstPort + " " + (firstPort + LAN_PORTS));
        return Integer.parseInt(domain.valueOf("POOL"));
    }

    /** @param host of the pools, as clients know it. @return the door's port */
    public int door(JvmProcess domain, String host, int... pools) {
        domain.send("DOOR 0 " + host + IntStream.of(pools).mapToObj(port -> " " + port).collect(Collectors.joining()));
        return Integer.parseInt(domain.valueOf("DOOR"));
    }

    /** Recalls all layouts that the door of this domain gave. @return how many */
    public static int recall(JvmProcess domain) {
        domain.send("RECALL");
        return Integer.parseInt(domain.valueOf("RECALL"));
    }

    @Override
    public void close() {
        domains.forEach(JvmProcess::close);
    }
}
