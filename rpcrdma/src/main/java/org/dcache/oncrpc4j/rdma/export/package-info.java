// SPDX-License-Identifier: Apache-2.0
/**
 * An NFSv3 and MOUNT v3 server as plain oncrpc4j programs (RFC 1813): a directory, or a tree in memory. Its face is {@link NfsExport}, with
 * {@link ExportOptions}, and {@link ExportServer}, which runs it. Uses oncrpc4j, {@code nfs3} and {@code export.tree}, and no class of the
 * transport: the agent decides whether it is reached over TCP, RDMA or both.
 *
 * <pre>
 *   Nfs3Program, Mount3Program     calls: decode, duplicates, reply
 *   ...Procedures                  rights, weak cache consistency, order of locks
 *   tree.ExportTree                files: DirectoryTree | MemoryTree
 * </pre>
 */
package org.dcache.oncrpc4j.rdma.export;
