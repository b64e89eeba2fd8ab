// SPDX-License-Identifier: Apache-2.0
/**
 * The files that are exported: {@link ExportTree}, here a directory of this machine ({@link DirectoryTree}); {@code export.tree.memory} has
 * the other kind. {@link Nfs3Exception} is how they fail, {@link TreeLocks} are the locks that callers hold. Knows nothing of calls, and
 * leaves checking rights to its callers. Uses the types of {@code nfs3} and the JDK.
 */
package org.dcache.oncrpc4j.rdma.export.tree;
