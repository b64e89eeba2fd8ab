// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.it.nfs4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.dcache.nfs.nfsstat;
import org.dcache.nfs.v4.xdr.nfs4_prot;

/** A client on plain TCP, in a JVM without the agent, that wants to write what another client may have a delegation for. One thread. */
public final class WritingClient implements AutoCloseable {

    private static final int MOST = 100;
    private static final long PAUSE_MILLIS = 200;

    private final NfsSession session;

    /** @param port TCP port of a server on this machine */
    public WritingClient(int port) throws IOException {
        session = NfsSession.overTcp(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    }

    /** Opens a file in the root directory for writing; how often the answer was NFS4ERR_DELAY, come back later. */
    public int refusalsUntilOpen(String name) throws IOException, InterruptedException {
        NfsFiles files = new NfsFiles(session);
        for (int refusals = 0; refusals < MOST; refusals++) {
            int status = session.status(files.openOperation(name, nfs4_prot.OPEN4_SHARE_ACCESS_BOTH));
            if (status == nfsstat.NFS_OK) {
                return refusals;
            }
            assertThat(status).isEqualTo(nfsstat.NFSERR_DELAY);
            TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
        }
        throw new AssertionError("still refused after " + MOST + " times");
    }

    @Override
    public void close() throws IOException {
        session.close();
    }
}
