// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.export.tree;

import org.dcache.oncrpc4j.rdma.nfs3.FileType3;
import org.dcache.oncrpc4j.rdma.nfs3.NfsText;
import org.dcache.oncrpc4j.rdma.nfs3.Sattr3;
import org.dcache.oncrpc4j.rdma.nfs3.SpecData3;

/**
 * A file to make.
 *
 * @param mode the lower twelve bits
 * @param device of a device; else null
 * @param target of a symbolic link; else null
 * @param times that the file has from the first moment on which its name is there; null for the time of the creation
 */
public record Creation(FileType3 type, int mode, int uid, int gid, SpecData3 device, NfsText target, Sattr3 times) {

    public Creation withTimes(Sattr3 first) {
        return new Creation(type, mode, uid, gid, device, target, first);
    }
}
