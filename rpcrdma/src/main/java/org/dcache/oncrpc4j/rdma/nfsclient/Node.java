// SPDX-License-Identifier: Apache-2.0
package org.dcache.oncrpc4j.rdma.nfsclient;

import org.dcache.oncrpc4j.rdma.nfs3.Fattr3;
import org.dcache.oncrpc4j.rdma.nfs3.FileHandle;

/**
 * An object on the server: a file, a directory, a symbolic link.
 *
 * @param attributes as they were in the result that it comes from; null if that had none
 */
public record Node(FileHandle handle, Fattr3 attributes) {}
