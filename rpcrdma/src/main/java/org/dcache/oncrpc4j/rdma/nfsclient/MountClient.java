// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfsclient;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.Mount3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.mount.Mount3Res;
import org.dcache.oncrpc4j.rdma.nfs3.mount.MountStat3;

/**
 * MOUNT version 3 (RFC 1813, appendix I): gives the handle of a path, with which NFS begins. Any thread. All calls may be repeated safely.
 */
public final class MountClient implements AutoCloseable {

    private final ServerLink link;

    /** Connects with the first call. */
    public MountClient(ClientOptions options) {
        link = new ServerLink(options, options.mountPort(), Mount3.PROGRAM, Mount3.VERSION);
    }

    /** MNT: the handle of an exported directory. */
    public FileHandle mount(String path) throws IOException {
        NfsText directory = NfsText.of(path);
        Mount3Res result = link.call(Mount3.MNT, () -> directory, Mount3Res::decode).value();
        if (result.status() != MountStat3.MNT3_OK) {
            throw new MountException(path, result.status());
        }
        return result.handle();
    }

    @Override
    public void close() {
        link.close();
    }
}
