// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export;

import java.io.IOException;
import org.dcache.oncrpc4j.rdma.export.tree.Failures;
import org.dcache.oncrpc4j.rdma.export.tree.FileName;
import org.dcache.oncrpc4j.rdma.export.tree.Node;
import org.dcache.oncrpc4j.rdma.export.tree.Space;
import org.dcache.oncrpc4j.rdma.export.tree.TreeLocks;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.Nfs3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsStat3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsTime3;
import org.dcache.oncrpc4j.rdma.nfs3.results.Fsinfo3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Fsstat3Res;
import org.dcache.oncrpc4j.rdma.nfs3.results.Pathconf3Res;

/** FSSTAT, FSINFO, PATHCONF (RFC 1813, sections 3.3.18 to 3.3.20). Any thread. */
final class FileSystemProcedures {

    private static final int MULTIPLE = 4096;
    private static final NfsTime3 GRANULARITY = new NfsTime3(0, 1);

    private final Export export;

    FileSystemProcedures(Export export) {
        this.export = export;
    }

    Fsstat3Res fsstat(FileHandle root, Request request) {
        try (TreeLocks.Held held = export.locks().shared()) {
            Node node = export.tree().resolve(root);
            Space space = export.tree().space();
            return new Fsstat3Res(NfsStat3.NFS3_OK, node.attributes(), space.totalBytes(), space.freeBytes(), space.availableBytes(),
                    space.totalFiles(), space.freeFiles(), space.freeFiles(), 0);
        } catch (IOException e) {
            return Fsstat3Res.failed(Failures.status(e), null);
        }
    }

    Fsinfo3Res fsinfo(FileHandle root, Request request) {
        try (TreeLocks.Held held = export.locks().shared()) {
            Node node = export.tree().resolve(root);
            return new Fsinfo3Res(NfsStat3.NFS3_OK, node.attributes(), Limits.MAX_TRANSFER, Limits.MAX_TRANSFER, MULTIPLE,
                    Limits.MAX_TRANSFER, Limits.MAX_TRANSFER, MULTIPLE, Limits.DIRECTORY_PREFERRED, Long.MAX_VALUE, GRANULARITY,
                    Nfs3.FSF3_LINK | Nfs3.FSF3_SYMLINK | Nfs3.FSF3_HOMOGENEOUS | Nfs3.FSF3_CANSETTIME);
        } catch (IOException e) {
            return Fsinfo3Res.failed(Failures.status(e), null);
        }
    }

    Pathconf3Res pathconf(FileHandle object, Request request) {
        try (TreeLocks.Held held = export.locks().shared()) {
            Node node = export.tree().resolve(object);
            return new Pathconf3Res(NfsStat3.NFS3_OK, node.attributes(), Limits.MAX_LINKS, FileName.MAX, true, true, false, true);
        } catch (IOException e) {
            return Pathconf3Res.failed(Failures.status(e), null);
        }
    }
}
