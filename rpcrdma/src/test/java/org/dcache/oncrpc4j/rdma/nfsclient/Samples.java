// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfsclient;

import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;
import org.dcache.oncrpc4j.rdma.nfs3.FileType3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.NfsTime3;
import org.dcache.oncrpc4j.rdma.nfs3.SpecData3;

/** Values that the tests need some of. */
final class Samples {

    static final FileHandle DIR = new FileHandle(new byte[] {1, 2, 3});
    static final FileHandle FILE = new FileHandle(new byte[] {4, 5, 6, 7});
    static final NfsText NAME = NfsText.of("name");

    private Samples() {}

    static Fattr3 attributes(FileType3 type, long size, long fileid) {
        NfsTime3 time = new NfsTime3(1, 2);
        return new Fattr3(type, 0644, 1, 0, 0, size, size, SpecData3.NONE, 1, fileid, time, time, time);
    }
}
